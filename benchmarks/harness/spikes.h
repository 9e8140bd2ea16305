// The spikes of a recording as the benchmarks write them, and the clock.
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

template <class T>
std::vector<T> read_numbers(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) std::exit(3);
    std::fseek(file, 0, SEEK_END);
    std::vector<T> numbers(std::ftell(file) / sizeof(T));
    std::rewind(file);
    if (std::fread(numbers.data(), sizeof(T), numbers.size(), file) != numbers.size()) std::exit(3);
    std::fclose(file);
    return numbers;
}

// For each step, the neurons of a layer that spiked, ascending in channels-last order.
inline std::vector<std::vector<int32_t>> read_spikes(const std::string& layer) {
    const auto counts = read_numbers<int32_t>("counts_" + layer), neurons = read_numbers<int32_t>("neurons_" + layer);
    std::vector<std::vector<int32_t>> steps;
    auto at = neurons.begin();
    for (const int32_t count : counts) {
        steps.emplace_back(at, at + count);
        at += count;
    }
    return steps;
}

// Print the seconds of each pass, after one that only warms up.
template <class Pass>
void time_passes(int passes, const Pass& pass) {
    using Clock = std::chrono::steady_clock;
    pass();
    for (int n = 0; n < passes; n++) {
        const auto started = Clock::now();
        pass();
        std::printf("%.9f ", std::chrono::duration<double>(Clock::now() - started).count());
    }
    std::printf("\n");
}
