// cuRAND: made, seeded and destroyed by brian2cuda in every program; neurosim draws nothing from it.
#pragma once
#include "cuda_runtime.h"

typedef int curandGenerator_t;
#define CURAND_H_
enum curandStatus_t {
    CURAND_STATUS_SUCCESS,
    CURAND_STATUS_VERSION_MISMATCH,
    CURAND_STATUS_NOT_INITIALIZED,
    CURAND_STATUS_ALLOCATION_FAILED,
    CURAND_STATUS_TYPE_ERROR,
    CURAND_STATUS_OUT_OF_RANGE,
    CURAND_STATUS_LENGTH_NOT_MULTIPLE,
    CURAND_STATUS_DOUBLE_PRECISION_REQUIRED,
    CURAND_STATUS_LAUNCH_FAILURE,
    CURAND_STATUS_PREEXISTING_FAILURE,
    CURAND_STATUS_INITIALIZATION_FAILED,
    CURAND_STATUS_ARCH_MISMATCH,
    CURAND_STATUS_INTERNAL_ERROR
};
enum curandRngType { CURAND_RNG_PSEUDO_DEFAULT };
struct curandState {};
inline curandStatus_t curandCreateGenerator(curandGenerator_t*, curandRngType) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandDestroyGenerator(curandGenerator_t) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandSetPseudoRandomGeneratorSeed(curandGenerator_t, unsigned long long) {
    return CURAND_STATUS_SUCCESS;
}
inline curandStatus_t curandSetGeneratorOffset(curandGenerator_t, unsigned long long) { return CURAND_STATUS_SUCCESS; }
template <class... Arguments>
curandStatus_t curandGenerateUniform(Arguments...) {
    std::abort();
}
template <class... Arguments>
curandStatus_t curandGenerateUniformDouble(Arguments...) {
    std::abort();
}
template <class... Arguments>
curandStatus_t curandGenerateNormal(Arguments...) {
    std::abort();
}
template <class... Arguments>
curandStatus_t curandGenerateNormalDouble(Arguments...) {
    std::abort();
}
template <class... Arguments>
curandStatus_t curandGeneratePoisson(Arguments...) {
    std::abort();
}
inline void curand_init(unsigned long long, unsigned long long, unsigned long long, curandState*) { std::abort(); }
