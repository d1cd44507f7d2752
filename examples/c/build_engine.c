/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds y = relu(x * weights + bias) and saves it as an engine: the build phase of TensorRT-RTX from plain C, no GPU.
 *
 *     build_engine LIBRARY ENGINE
 *
 * LIBRARY is the path of libtensorrt_rtx.so.1 (tensorrt_rtx_1_6.dll and the like on Windows), ENGINE is the file to write.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trtx_c.h"

enum { FEATURES = 4, UNITS = 3 };

static const float WEIGHTS[FEATURES * UNITS] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1};
static const float BIAS[UNITS] = {0.5F, -0.5F, 0};

/* All that is created, so that one place can destroy it; what is null is not there yet. */
struct state {
    trtx_logger *logger;
    trtx_builder *builder;
    trtx_network_definition *network;
    trtx_builder_config *config;
    trtx_host_memory *engine;
};

static void destroy(struct state *state)
{
    /* In any order: what an object needs stays until the object ends. */
    trtx_host_memory_destroy(state->engine);
    trtx_builder_config_destroy(state->config);
    trtx_network_definition_destroy(state->network);
    trtx_builder_destroy(state->builder);
    trtx_logger_destroy(state->logger);
}

static void print_message(trtx_severity severity, const char *message, void *user_data)
{
    (void)severity;
    fprintf((FILE *)user_data, "TensorRT-RTX: %s\n", message);
}

/* Leaves the function at the first call that fails; main() prints why. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        const trtx_status status_ = (call);                                                                            \
        if (status_ != TRTX_OK) {                                                                                      \
            return status_;                                                                                            \
        }                                                                                                              \
    } while (0)

static trtx_status add_constant(trtx_network_definition *network, int64_t rows, int64_t columns, const float *values,
                                trtx_tensor **result)
{
    const trtx_dims dims = {2, {rows, columns}};
    const trtx_weights weights = {TRTX_DATA_TYPE_FLOAT, values, rows * columns};
    trtx_layer *layer = NULL;
    TRY(trtx_network_definition_add_constant(network, &dims, &weights, &layer));
    *result = trtx_layer_get_output(layer, 0);
    return *result ? TRTX_OK : TRTX_FAILED;
}

/* The network owns its layers and tensors: nothing here needs destroying. It reads the weights when it is built. */
static trtx_status define(trtx_network_definition *network)
{
    const trtx_dims shape = {2, {1, FEATURES}};
    trtx_tensor *x = NULL, *weights = NULL, *bias = NULL, *value = NULL;
    trtx_layer *layer = NULL;

    TRY(trtx_network_definition_add_input(network, "x", TRTX_DATA_TYPE_FLOAT, &shape, &x));
    TRY(add_constant(network, FEATURES, UNITS, WEIGHTS, &weights));
    TRY(add_constant(network, 1, UNITS, BIAS, &bias));
    TRY(trtx_network_definition_add_matrix_multiply(network, x, TRTX_MATRIX_OPERATION_NONE, weights,
                                                    TRTX_MATRIX_OPERATION_NONE, &layer));
    value = trtx_layer_get_output(layer, 0);
    TRY(trtx_network_definition_add_elementwise(network, value, bias, TRTX_ELEMENTWISE_OPERATION_SUM, &layer));
    value = trtx_layer_get_output(layer, 0);
    TRY(trtx_network_definition_add_activation(network, value, TRTX_ACTIVATION_TYPE_RELU, &layer));
    value = trtx_layer_get_output(layer, 0);
    TRY(trtx_tensor_set_name(value, "y"));
    return trtx_network_definition_mark_output(network, value);
}

static trtx_status build(const char *library, struct state *state)
{
    const trtx_logger_callbacks callbacks = {print_message};
    const uint32_t strongly_typed = 1U << TRTX_NETWORK_DEFINITION_CREATION_FLAG_STRONGLY_TYPED;
    trtx_version version;

    TRY(trtx_load(library));
    TRY(trtx_library_version(&version));
    printf("TensorRT-RTX %d.%d.%d.%d\n", (int)version.major, (int)version.minor, (int)version.patch,
           (int)version.build);
    TRY(trtx_logger_create(&callbacks, stderr, &state->logger));
    /* Errors reach us as statuses with their text, so nothing below them needs printing. */
    trtx_logger_set_threshold(state->logger, TRTX_SEVERITY_INTERNAL_ERROR);
    TRY(trtx_builder_create(state->logger, &state->builder));
    TRY(trtx_builder_create_network_v2(state->builder, strongly_typed, &state->network));
    TRY(define(state->network));
    TRY(trtx_builder_create_builder_config(state->builder, &state->config));
    return trtx_builder_build_serialized_network(state->builder, state->network, state->config, &state->engine);
}

static int save(const trtx_host_memory *engine, const char *path)
{
    const size_t size = trtx_host_memory_size(engine);
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        return EXIT_FAILURE;
    }
    const size_t written = fwrite(trtx_host_memory_data(engine), 1, size, file);
    if (fclose(file) != 0 || written != size) {
        perror(path);
        return EXIT_FAILURE;
    }
    printf("%s: %lu bytes\n", path, (unsigned long)size);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct state state = {0};
    int result = EXIT_FAILURE;

    if (argc != 3) {
        fprintf(stderr, "usage: %s LIBRARY ENGINE\n", argc > 0 ? argv[0] : "build_engine");
        return 2;
    }
    if (build(argv[1], &state) == TRTX_OK) {
        result = save(state.engine, argv[2]);
    } else {
        fprintf(stderr, "error: %s\n", trtx_last_error());
    }
    destroy(&state);
    return result;
}
