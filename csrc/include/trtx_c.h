/* SPDX-License-Identifier: Apache-2.0 */
/**
 * C interface to TensorRT-RTX.
 *
 * A function that can fail returns a trtx_status and leaves a line for trtx_last_error(); a plain getter returns its
 * value, and leaves the line alone. Nothing throws. A text that belongs to an object is handed out as a copy of the calling
 * thread's own, valid until that thread has asked for 64 more. csrc/README.md states the contracts: ownership, errors,
 * threads, versions.
 */
#ifndef TRTX_C_H
#define TRTX_C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#if defined(TRTX_STATIC)
#define TRTX_API
#elif defined(TRTX_BUILD)
#define TRTX_API __declspec(dllexport)
#else
#define TRTX_API __declspec(dllimport)
#endif
#elif defined(TRTX_STATIC)
/* Each program or library that holds the shim calls its own copy. */
#define TRTX_API __attribute__((visibility("hidden")))
#else
#define TRTX_API __attribute__((visibility("default")))
#endif

/**
 * Marks a long function: one that may take more than 0.1 ms, or that calls functions of the application: a build tells its
 * progress monitor, an end waits for callbacks under way. During a long call a logger is told every line at once; lines of
 * all other functions, the short ones, come when TensorRT-RTX has returned, just before the function does.
 */
#define TRTX_LONG

#ifdef __cplusplus
extern "C" {
#endif

/* cdef: begin */

/** Outcome of a call; 0 is success. */
typedef int32_t trtx_status;
enum {
    TRTX_OK = 0,
    TRTX_FAILED = 1,           /* TensorRT-RTX refused or failed */
    TRTX_INVALID_ARGUMENT = 2, /* an argument cannot be right; the library was not called */
    TRTX_NOT_SUPPORTED = 3,    /* the loaded library is too old for this method */
    TRTX_NOT_LOADED = 4,       /* no library is loaded yet */
    TRTX_LOAD_FAILED = 5,      /* the library cannot be loaded, or is none */
    TRTX_VERSION_REFUSED = 6,  /* the library is too old for this shim, or another TensorRT */
    TRTX_ALREADY_LOADED = 7,   /* another library is loaded in this process */
    TRTX_OUT_OF_MEMORY = 8,
    TRTX_EXCEPTION = 9,        /* a C++ exception reached the shim */
    TRTX_BUSY = 10             /* what the call needs is in use by another call */
};

/** A device or host address as an integer, like CUdeviceptr; what it points to is said by the method. */
typedef uintptr_t trtx_address;
/** A cudaStream_t or CUstream as an integer; 0 is the default stream. */
typedef uintptr_t trtx_stream;
/** A cudaEvent_t or CUevent as an integer. */
typedef uintptr_t trtx_event;

/** The version of a library: 1.6.1.120 is {1, 6, 1, 120}. */
typedef struct trtx_version {
    int32_t major;
    int32_t minor;
    int32_t patch;
    int32_t build;
} trtx_version;

/**
 * Where the inputs and outputs of a context lie. The caller keeps it from run to run, changes addresses at will, and
 * starts with zeros in told, which the functions below write. Arrays of count items.
 */
typedef struct trtx_bindings {
    int32_t count;
    const char *const *names;
    const trtx_address *addresses; /* for the next run */
    trtx_address *told;            /* what the context was told last */
    uint8_t *running;              /* a flag for a caller who notes whether a run that uses this is under way; or null */
} trtx_bindings;

/* cdef: end */

#include "trtx_c_gen.h"

/* cdef: begin */

/**
 * The last failure of this thread as one line: the function, then the words of TensorRT-RTX where it had any.
 * Never null; empty before the first failure. Valid until this thread's next failure. A check that answers no and logs
 * why (its comment says so) leaves its explanation here and in the messages too, with the status TRTX_OK.
 */
TRTX_API const char *trtx_last_error(void);
/**
 * Status of the last failure of this thread. A getter that failed, on a null object or for an index or enum value that
 * does not exist, is seen here alone: call trtx_clear_last_error() before it.
 */
TRTX_API trtx_status trtx_last_status(void);
/** Name of the function that failed last on this thread. */
TRTX_API const char *trtx_last_function(void);
/**
 * Number of messages that TensorRT-RTX logged during the last failed call of this thread, from WARNING upwards. Of very
 * many some are dropped, warnings first.
 */
TRTX_API size_t trtx_last_message_count(void);
/** One of these messages, oldest first; severity may be null. Null beyond the last. */
TRTX_API const char *trtx_last_message(size_t index, trtx_severity *severity);
/** Forgets the last failure of this thread. */
TRTX_API void trtx_clear_last_error(void);

/**
 * Loads the TensorRT-RTX library. path may be null, but not empty: then the system's loader searches for its usual name.
 * The same library again is no error; another one is TRTX_ALREADY_LOADED. It is never unloaded; one that is refused is.
 */
TRTX_LONG TRTX_API trtx_status trtx_load(const char *path);
/** Loads the ONNX parser library: the one that was delivered with the loaded TensorRT-RTX library. */
TRTX_LONG TRTX_API trtx_status trtx_load_onnx_parser(const char *path);
/** Version of the loaded library. */
TRTX_API trtx_status trtx_library_version(trtx_version *result);
/** Path of the loaded library as the system's loader has it. */
TRTX_API trtx_status trtx_library_path(const char **result);
/** Path of the loaded ONNX parser library. */
TRTX_API trtx_status trtx_onnx_parser_library_path(const char **result);
/** Newest version whose methods this shim knows; a newer library loads, but offers no more than these. */
TRTX_API trtx_version trtx_newest_known_version(void);

/**
 * Destroys the object of a handle variable (its address: trtx_builder ** and the like), of whatever kind, and puts null
 * there. Null inside is allowed.
 */
TRTX_LONG TRTX_API void trtx_release(void *place);
/**
 * One more owner for an object, of whatever kind: it must be destroyed, or released, once more. place is the address of
 * another handle variable, which gets the handle.
 */
TRTX_API trtx_status trtx_retain(const void *handle, void *place);

/** The logger must not be null; every object below keeps using it. */
TRTX_LONG TRTX_API trtx_status trtx_builder_create(trtx_logger *logger, trtx_builder **result);
TRTX_LONG TRTX_API trtx_status trtx_runtime_create(trtx_logger *logger, trtx_runtime **result);
TRTX_LONG TRTX_API trtx_status trtx_refitter_create(trtx_cuda_engine *engine, trtx_logger *logger, trtx_refitter **result);
/** The parser takes the place of the network's error recorder, which is taken off. */
TRTX_LONG TRTX_API trtx_status trtx_onnx_parser_create(trtx_network_definition *network, trtx_logger *logger,
                                                       trtx_onnx_parser **result);
TRTX_LONG TRTX_API trtx_status trtx_onnx_parser_refitter_create(trtx_refitter *refitter, trtx_logger *logger,
                                                                trtx_onnx_parser_refitter **result);

/** IExecutionContext::setTensorAddress for each address that the context has not been told. */
TRTX_API trtx_status trtx_execution_context_set_tensor_addresses(trtx_execution_context *self, trtx_bindings *bindings);
/** The same, and then IExecutionContext::enqueueV3: a whole run in one call. */
TRTX_LONG TRTX_API trtx_status trtx_execution_context_run(trtx_execution_context *self, trtx_bindings *bindings,
                                                          trtx_stream stream);

/** Messages less severe than this are dropped before the logger's function is called. The default is VERBOSE: all. */
TRTX_API void trtx_logger_set_threshold(trtx_logger *self, trtx_severity threshold);
/** Sends a message through a logger, as the library would. */
TRTX_API trtx_status trtx_logger_log(trtx_logger *self, trtx_severity severity, const char *message);
/** From now on no bridge calls out: for the end of a process. Waits for calls under way, at most so long. */
TRTX_LONG TRTX_API void trtx_disable_callbacks(int32_t wait_milliseconds);
/** Calls that bridges dropped because their object was destroyed or callbacks are disabled. */
TRTX_API uint64_t trtx_dropped_callback_count(void);

/* cdef: end */

#ifdef __cplusplus
}
#endif

#endif /* TRTX_C_H */
