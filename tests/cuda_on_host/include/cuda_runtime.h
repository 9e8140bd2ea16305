// CUDA as far as neurosim and brian2cuda use it, on the host: memory is the host's, and a kernel's threads follow each
// other. So the text that nvcc gets can be compiled, run and compared without it.
#pragma once
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#define __host__
#define __device__
#define __global__
#define __constant__
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(...)

using std::ifstream;
using std::ios;
using std::max;
using std::min;
using std::ofstream;
using std::endl;
using std::streampos;
using std::string;

struct dim3 {
    unsigned x, y, z;
};
inline dim3 threadIdx{0, 0, 0}, blockIdx{0, 0, 0}, blockDim{1, 1, 1}, gridDim{1, 1, 1};

// Threads run backwards: no result may depend on their order.
template <class Function>
void on_host(unsigned blocks, unsigned threads, Function function) {
    gridDim.x = blocks, blockDim.x = threads;
    for (blockIdx.x = blocks; blockIdx.x-- > 0;)
        for (threadIdx.x = threads; threadIdx.x-- > 0;) function();
}

enum cudaError_t { cudaSuccess = 0, cudaErrorMemoryAllocation = 2 };
typedef cudaError_t cudaError;
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaLimit { cudaLimitMallocHeapSize };
struct cudaDeviceProp {
    int multiProcessorCount, maxThreadsPerBlock, maxThreadsPerMultiProcessor, warpSize;
    size_t sharedMemPerBlock;
};
struct cudaFuncAttributes {
    int maxThreadsPerBlock, numRegs;
    size_t sharedSizeBytes, localSizeBytes, constSizeBytes;
};

inline const char* cudaGetErrorString(cudaError_t) { return "out of memory"; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaDeviceSetLimit(cudaLimit, size_t) { return cudaSuccess; }
inline cudaError_t cudaSetDevice(int) {
    const char* said = std::getenv("CUDA_ON_HOST_FAILS");  // what a driver that is too old makes of it
    if (said) {
        std::fprintf(stderr, "ERROR: cudaSetDevice(0) failed at main.cu:1 : %s\n", said);
        std::exit(255);
    }
    return cudaSuccess;
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* props, int) {
    *props = {1, 1024, 2048, 32, 49152};
    return cudaSuccess;
}
inline cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total) {
    *free_bytes = *total = (size_t)1 << 32;
    return cudaSuccess;
}
// Memory of the GPU is not zero at first.
inline cudaError_t cudaMalloc(void** at, size_t bytes) {
    const char* most = std::getenv("CUDA_ON_HOST_MEMORY");
    if (most && bytes > (size_t)std::atoll(most)) return cudaErrorMemoryAllocation;
    *at = std::malloc(bytes);
    std::memset(*at, 0xA5, bytes);
    return cudaSuccess;
}
inline cudaError_t cudaFree(void* at) {
    std::free(at);
    return cudaSuccess;
}
inline cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
    std::memcpy(to, from, bytes);
    return cudaSuccess;
}
inline cudaError_t cudaMemset(void* at, int value, size_t bytes) {
    std::memset(at, value, bytes);
    return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* at, int value, size_t bytes) { return cudaMemset(at, value, bytes); }
template <class T>
cudaError_t cudaMemcpyToSymbol(T& symbol, const void* from, size_t bytes) {
    std::memcpy((void*)&symbol, from, bytes);
    return cudaSuccess;
}
template <class Kernel>
cudaError_t cudaOccupancyMaxPotentialBlockSize(int* blocks, int* threads, Kernel, size_t, int) {
    *blocks = 1, *threads = 256;
    return cudaSuccess;
}
template <class Kernel>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Kernel, int, size_t) {
    *blocks = 1;
    return cudaSuccess;
}
template <class Kernel>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* found, Kernel) {
    *found = {1024, 32, 0, 0, 0};
    return cudaSuccess;
}

template <class T, class U>
T atomicAdd(T* at, U value) {
    const T before = *at;
    *at += (T)value;
    return before;
}
template <class T, class U, class V>
T atomicCAS(T* at, U expected, V value) {
    const T before = *at;
    if (before == (T)expected) *at = (T)value;
    return before;
}
template <class To, class From>
To same_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "");
    To to;
    std::memcpy(&to, &from, sizeof(to));
    return to;
}
inline void __syncthreads() { std::abort(); }  // threads that follow each other cannot wait for each other
inline void __threadfence() {}
inline int __ffsll(long long bits) { return __builtin_ffsll(bits); }
inline int __popcll(unsigned long long bits) { return __builtin_popcountll(bits); }
inline int __float_as_int(float x) { return same_bits<int>(x); }
inline float __int_as_float(int x) { return same_bits<float>(x); }
inline long long __double_as_longlong(double x) { return same_bits<long long>(x); }
inline double __longlong_as_double(long long x) { return same_bits<double>(x); }
