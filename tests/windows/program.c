/* SPDX-License-Identifier: Apache-2.0 */
/* What the shim asks of Windows: libraries by path, by name and in PATH, their errors, threads, and a run on the fake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "trtx_c.h"

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("wrong: line %d: %s: %s\n", __LINE__, #condition, trtx_last_error());                               \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static int lines;

static void count_line(trtx_severity severity, const char *text, void *user_data)
{
    (void)severity;
    (void)text;
    ++*(int *)user_data;
}

static DWORD WINAPI fail_elsewhere(void *unused)
{
    (void)unused;
    /* The last error is each thread's own. */
    return trtx_load("") == TRTX_INVALID_ARGUMENT && strstr(trtx_last_error(), "path is empty") ? 0 : 1;
}

static void build_and_run(void)
{
    trtx_logger_callbacks callbacks = {count_line};
    trtx_logger *logger = NULL;
    trtx_builder *builder = NULL;
    trtx_network_definition *network = NULL;
    trtx_builder_config *config = NULL;
    trtx_host_memory *plan = NULL;
    trtx_runtime *runtime = NULL;
    trtx_cuda_engine *engine = NULL, *none = NULL;
    trtx_execution_context *context = NULL;
    trtx_tensor *x = NULL;
    trtx_layer *relu = NULL;
    const trtx_dims shape = {2, {2, 3}};
    float given[6] = {-2, -1, 0, 1, 2, 3}, result[6] = {9, 9, 9, 9, 9, 9};
    const void *bytes = NULL;
    size_t size = 0;

    EXPECT(trtx_logger_create(&callbacks, &lines, &logger) == TRTX_OK);
    EXPECT(trtx_builder_create(logger, &builder) == TRTX_OK);
    EXPECT(trtx_builder_create_network_v2(builder, 0, &network) == TRTX_OK);
    EXPECT(trtx_network_definition_add_input(network, "x", TRTX_DATA_TYPE_FLOAT, &shape, &x) == TRTX_OK);
    EXPECT(trtx_network_definition_add_activation(network, x, TRTX_ACTIVATION_TYPE_RELU, &relu) == TRTX_OK);
    EXPECT(trtx_tensor_set_name(trtx_layer_get_output(relu, 0), "y") == TRTX_OK);
    EXPECT(trtx_network_definition_mark_output(network, trtx_layer_get_output(relu, 0)) == TRTX_OK);
    EXPECT(trtx_builder_create_builder_config(builder, &config) == TRTX_OK);
    EXPECT(trtx_builder_build_serialized_network(builder, network, config, &plan) == TRTX_OK);
    bytes = trtx_host_memory_data(plan);
    size = trtx_host_memory_size(plan);
    EXPECT(trtx_runtime_create(logger, &runtime) == TRTX_OK);
    EXPECT(trtx_runtime_deserialize_cuda_engine(runtime, bytes, size, &engine) == TRTX_OK);
    EXPECT(trtx_cuda_engine_create_execution_context(engine, 0, &context) == TRTX_OK);
    EXPECT(trtx_execution_context_set_tensor_address(context, "x", (trtx_address)(uintptr_t)given) == TRTX_OK);
    EXPECT(trtx_execution_context_set_tensor_address(context, "y", (trtx_address)(uintptr_t)result) == TRTX_OK);
    EXPECT(trtx_execution_context_enqueue_v3(context, 0) == TRTX_OK);
    for (int i = 0; i < 6; ++i) {
        EXPECT(result[i] == (given[i] > 0 ? given[i] : 0));
    }
    /* A failure of the library, with its own words. */
    EXPECT(trtx_runtime_deserialize_cuda_engine(runtime, "rubbish", 7, &none) != TRTX_OK);
    printf("a failure: %s\n", trtx_last_error());
    trtx_logger_destroy(logger);
    trtx_execution_context_destroy(context);
    trtx_cuda_engine_destroy(engine);
    trtx_runtime_destroy(runtime);
    trtx_host_memory_destroy(plan);
    trtx_builder_config_destroy(config);
    trtx_network_definition_destroy(network);
    trtx_builder_destroy(builder);
}

int main(int count, char **arguments)
{
    const char *path = NULL;
    char again[32768];
    DWORD code = 1;
    HANDLE thread;

    EXPECT(count == 3);
    setvbuf(stdout, NULL, _IONBF, 0);
    EXPECT(trtx_load("Z:/no such folder/tensorrt_rtx_1_6.dll") == TRTX_LOAD_FAILED);
    printf("by path: %s\n", trtx_last_error());
    EXPECT(strstr(trtx_last_error(), "Windows error"));
    EXPECT(trtx_load("kernel32.dll") == TRTX_LOAD_FAILED);
    EXPECT(strstr(trtx_last_error(), "does not export getInferLibVersion"));
    EXPECT(trtx_load(NULL) == TRTX_LOAD_FAILED);
    printf("by name: %s\n", trtx_last_error());
    EXPECT(strstr(trtx_last_error(), "tensorrt_rtx_1_5.dll"));

    /* Without a path: the newest that PATH has, under the name that NVIDIA gives it. */
    SetEnvironmentVariableA("PATH", arguments[1]);
    EXPECT(trtx_load(NULL) == TRTX_OK);
    EXPECT(trtx_library_path(&path) == TRTX_OK);
    printf("found %s\n", path);
    EXPECT(strstr(path, "\\") && strstr(path, arguments[2]));

    /* The same again, by its path with the other slashes. */
    strcpy(again, path);
    for (char *c = again; *c; ++c) {
        *c = *c == '\\' ? '/' : *c;
    }
    EXPECT(trtx_load(again) == TRTX_OK);
    EXPECT(trtx_load_onnx_parser(again) == TRTX_OK);
    thread = CreateThread(NULL, 0, fail_elsewhere, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    EXPECT(GetExitCodeThread(thread, &code) && code == 0);
    build_and_run();
    printf("all right, %d lines logged\n", lines);
    return 0;
}
