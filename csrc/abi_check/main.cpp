// SPDX-License-Identifier: Apache-2.0
#include "abi_check.hpp"

Tally enum_values{"value", 0, 0};
Tally enum_sizes{"size of enum", 0, 0};
Tally struct_sizes{"size", 0, 0};
Tally offsets{"offset", 0, 0};
Tally slots{"slot", 0, 0};
Tally signatures{"signature", 0, 0};
Tally slot_counts{"number of slots", 0, 0};

int main()
{
    compare_enums();
    compare_structs();
    compare_slots();
    std::printf("TensorRT-RTX %d.%d: compared %d enum values, %d enum sizes, %d sizes of structs and classes, %d offsets, "
                "%d slots, %d signatures, %d virtual tables\n",
        NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, enum_values.compared, enum_sizes.compared, struct_sizes.compared,
        offsets.compared, slots.compared, signatures.compared, slot_counts.compared);
    int different = 0;
    for (Tally const *tally : {&enum_values, &enum_sizes, &struct_sizes, &offsets, &slots, &signatures, &slot_counts}) {
        different += tally->different;
    }
    if (different != 0) {
        std::printf("%d differ\n", different);
    }
    return different == 0 ? 0 : 1;
}
