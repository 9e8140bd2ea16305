// Memory of the GPU, and how a kernel is started on it.
#pragma once
#include <cuda_runtime.h>
#include <string>
#include <utility>
#include <vector>
#include "../recorder.h"

namespace neurosim {
namespace gpu {

inline void check(cudaError_t status, const char* what) {
    if (status != cudaSuccess) fail(std::string(what) + ": " + cudaGetErrorString(status));
}

// Numbers on the GPU, zero at first.
template <class T>
class Array {
    T* at = nullptr;
    Index count = 0;

public:
    Array() = default;
    explicit Array(Index count_) : count(count_) {
        if (count == 0) return;
        check(cudaMalloc((void**)&at, (size_t)count * sizeof(T)), "memory of the GPU");
        clear();
    }
    explicit Array(const std::vector<T>& values) : Array((Index)values.size()) { take(values.data(), 0, count); }
    Array(Array&& other) noexcept : at(std::exchange(other.at, nullptr)), count(std::exchange(other.count, 0)) {}
    Array& operator=(Array&& other) noexcept {
        std::swap(at, other.at);
        std::swap(count, other.count);
        return *this;
    }
    ~Array() { cudaFree(at); }

    T* data() const { return at; }
    Index size() const { return count; }
    void clear() {
        if (count) check(cudaMemsetAsync(at, 0, (size_t)count * sizeof(T)), "clearing memory of the GPU");
    }
    // Copy from and to the host's memory.
    void take(const T* host, Index first, Index some) {
        const size_t bytes = (size_t)some * sizeof(T);
        check(cudaMemcpy(at + first, host, bytes, cudaMemcpyHostToDevice), "copying to the GPU");
    }
    void give(T* host, Index first, Index some) const {
        const size_t bytes = (size_t)some * sizeof(T);
        check(cudaMemcpy(host, at + first, bytes, cudaMemcpyDeviceToHost), "copying from the GPU");
    }
    std::vector<T> all() const {
        std::vector<T> host((size_t)count);
        give(host.data(), 0, count);
        return host;
    }
};

constexpr int threads_per_block = 256;

// The number of this thread; a kernel returns where it is not below the number of threads that it was started with.
__device__ inline Index thread() { return (Index)blockIdx.x * blockDim.x + threadIdx.x; }

// Without nvcc, as in the tests, threads follow each other on the host.
template <class... Parameters, class... Arguments>
void start(void (*kernel)(Index, Parameters...), Index threads, Arguments... arguments) {
    if (threads == 0) return;
    if (threads >> 32) fail("a map between layers has 2**32 targets or more: give a smaller batch");
    const auto blocks = (unsigned)((threads + threads_per_block - 1) / threads_per_block);
#ifdef __CUDACC__
    kernel<<<blocks, threads_per_block>>>(threads, Parameters(arguments)...);
#else
    on_host(blocks, threads_per_block, [&] { kernel(threads, Parameters(arguments)...); });
#endif
    check(cudaGetLastError(), "starting a kernel");
}

}  // namespace gpu
}  // namespace neurosim
