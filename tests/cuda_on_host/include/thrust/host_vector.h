#pragma once
#include <cuda_runtime.h>

namespace thrust {
template <class T>
using host_vector = std::vector<T>;
template <class T>
using device_vector = std::vector<T>;
template <class T>
T* raw_pointer_cast(T* at) {
    return at;
}
}  // namespace thrust
