/* SPDX-License-Identifier: Apache-2.0 */
/* Loads NVIDIA's libraries for Windows and gives their functions to real_abi.cpp: real LIBRARY PARSER MODEL. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int use_core(void *create, int32_t version, void *create_parser, int32_t parser_version, const void *model, size_t size);

static HMODULE open_library(const char *path)
{
    HMODULE const module = LoadLibraryExA(path, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    if (!module) {
        printf("cannot load %s: error %lu\n", path, GetLastError());
        exit(3);
    }
    return module;
}

static void *function(HMODULE module, const char *name)
{
    void *const found = (void *)GetProcAddress(module, name);
    if (!found) {
        printf("no function %s\n", name);
        exit(3);
    }
    return found;
}

int main(int count, char **arguments)
{
    static char model[1 << 24];
    if (count != 4) {
        return 2;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    FILE *const file = fopen(arguments[3], "rb");
    const size_t size = file ? fread(model, 1, sizeof model, file) : 0;
    HMODULE const core = open_library(arguments[1]);
    HMODULE const parser = open_library(arguments[2]);
    const int32_t version = ((int32_t(*)(void))function(core, "getInferLibVersion"))();
    const int32_t parser_version = ((int32_t(*)(void))function(parser, "getNvOnnxParserVersion"))();
    printf("library %d, parser %d, model of %lu bytes\n", version, parser_version, (unsigned long)size);
    const int status = use_core(function(core, "createInferBuilder_INTERNAL"), version,
        function(parser, "createNvOnnxParser_INTERNAL"), parser_version, model, size);
    printf(status == 0 ? "all right\n" : "failed\n");
    /* Not through the library's own end, which is another matter. */
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), (UINT)status);
    return status;
}
