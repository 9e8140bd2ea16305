// Files that hold an array of numbers, and nothing else.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>
#include "recorder.h"

namespace neurosim {

template <class T>
std::vector<T> read_file(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) fail("cannot read " + path);
    std::fseek(file, 0, SEEK_END);
    std::vector<T> data((size_t)std::ftell(file) / sizeof(T));
    std::rewind(file);
    if (std::fread(data.data(), sizeof(T), data.size(), file) != data.size()) fail("cannot read " + path);
    std::fclose(file);
    return data;
}

// A file as memory, for as long as the program lives: processes share its pages.
template <class T>
const T* map_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY);
    struct stat found;
    if (file < 0 || fstat(file, &found) != 0) fail("cannot read " + path);
    void* const memory = mmap(nullptr, (size_t)found.st_size, PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) fail("cannot map " + path);
    ::close(file);
    return (const T*)memory;
}

}  // namespace neurosim
