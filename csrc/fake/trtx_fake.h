/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Remote control of the fake TensorRT-RTX library: faults on command, and what it has seen.
 *
 * A process that has loaded the fake library finds these functions in it by dlsym() (ctypes.CDLL of the same path does).
 * README.md beside this file has the grammar of faults.
 */
#ifndef TRTX_FAKE_H
#define TRTX_FAKE_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define TRTX_FAKE_API __declspec(dllexport)
#else
#define TRTX_FAKE_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Adds the faults of a specification to those in force. 0, or -1 for a specification that it cannot read. */
TRTX_FAKE_API int32_t trtx_fake_set_fault(const char *specification);
/** Takes all faults back, those of the environment too, and starts the count of calls anew. */
TRTX_FAKE_API void trtx_fake_clear_faults(void);
/** How often a method ("VBuilder::reset") or a factory was called since the last trtx_fake_clear_faults(). */
TRTX_FAKE_API int64_t trtx_fake_call_count(const char *method);

/** Makes the calls of application objects that a `callbacks:late` fault has put off; from a thread of the fake. */
TRTX_FAKE_API int32_t trtx_fake_call_late(void);
/** Calls of application objects made so far by `callbacks` faults and by trtx_fake_call_late(). */
TRTX_FAKE_API int64_t trtx_fake_callback_count(void);

/** Living objects of a class by its name in the registry ("CudaEngine"), or of all classes for null. */
TRTX_FAKE_API int64_t trtx_fake_live_count(const char *class_name);
/** Writes "Class=count" lines of the living objects. Returns the size that the whole text needs, with its end. */
TRTX_FAKE_API size_t trtx_fake_live_report(char *buffer, size_t size);

/** Uses of destroyed objects and parents destroyed before their children, so far. */
TRTX_FAKE_API int64_t trtx_fake_misuse_count(void);
/** What the last of them was; empty when there was none. Valid until this thread asks again. */
TRTX_FAKE_API const char *trtx_fake_last_misuse(void);
/** Forgets them. */
TRTX_FAKE_API void trtx_fake_clear_misuse(void);

#ifdef __cplusplus
}
#endif

#endif /* TRTX_FAKE_H */
