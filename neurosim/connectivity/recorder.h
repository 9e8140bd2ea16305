// What is kept of one layer's spikes, written to the folder recorded/ while the network runs.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>
#include "ops.h"

namespace neurosim {

[[noreturn]] inline void fail(const std::string& what) {
    std::fprintf(stderr, "neurosim: %s\n", what.c_str());
    std::exit(3);
}

// A file that is written to its end or ends the run.
class Output {
    static constexpr size_t BUFFER = 1 << 16;
    std::FILE* file = nullptr;
    std::string path;

public:
    explicit Output(const std::string& name) : path("recorded/" + name) {
        file = std::fopen(path.c_str(), "wb");
        if (!file) fail("cannot write " + path);
        std::setvbuf(file, nullptr, _IOFBF, BUFFER);
    }
    Output(Output&& other) noexcept : file(other.file), path(std::move(other.path)) { other.file = nullptr; }
    template <class T>
    void write(const T* data, Index count) {
        if ((Index)std::fwrite(data, sizeof(T), (size_t)count, file) != count) fail("disk full, writing " + path);
    }
    // Write whole numbers in so many bytes each, which they must fit into with a sign or without.
    void write_narrow(const std::vector<int32_t>& values, Index bytes) {
        if (bytes == 4) write(values.data(), (Index)values.size());
        else if (bytes == 2) write_as<int16_t>(values);
        else write_as<int8_t>(values);
    }
    void close() {
        if (std::fclose(file) != 0) fail("disk full, writing " + path);
        file = nullptr;
    }

private:
    template <class T>
    void write_as(const std::vector<int32_t>& values) {
        const std::vector<T> narrow(values.begin(), values.end());
        write(narrow.data(), (Index)narrow.size());
    }
};

// What the files of a layer hold. Without bytes for strengths, every spike's is 1.
struct Kept {
    enum Level : Index { TOTALS, COUNTS, SPIKES };
    Index level, neuron_bytes, strength_bytes;
};

// The spikes of one step: taken in ascending order, channels last, and put into ascending order, channels first, by a
// counting sort.
class Sorted {
    Index channels, pixels;
    std::vector<int32_t> channel_of, pixel_of, place;  // place: the first of each channel

public:
    std::vector<int32_t> neurons, strengths;

    explicit Sorted(const Shape& shape) : channels(shape.channels), pixels(shape.size() / shape.channels) {}
    // `first` is the index of the layer's first neuron among all.
    template <class Real>
    void take(const int32_t* neuron, const Real* strength, Index count, int32_t first) {
        neurons.resize(count), strengths.resize(count);
        if (pixels == 1) {  // the two orders are one
            for (Index n = 0; n < count; n++) neurons[n] = neuron[n] - first, strengths[n] = (int32_t)strength[n];
            return;
        }
        channel_of.resize(count), pixel_of.resize(count);
        place.assign(channels + 1, 0);
        for (Index n = 0; n < count; n++) {
            const auto local = (uint32_t)(neuron[n] - first), pixel = local / (uint32_t)channels;
            pixel_of[n] = (int32_t)pixel;
            channel_of[n] = (int32_t)(local - pixel * (uint32_t)channels);
            place[channel_of[n] + 1]++;
        }
        for (Index c = 0; c < channels; c++) place[c + 1] += place[c];
        for (Index n = 0; n < count; n++) {
            const int32_t to = place[channel_of[n]]++;
            neurons[to] = channel_of[n] * (int32_t)pixels + pixel_of[n];
            strengths[to] = (int32_t)strength[n];
        }
    }
    void clear() {
        neurons.clear();
        strengths.clear();
    }
};

class LayerRecorder {
    Kept kept;
    int64_t total = 0;
    std::vector<int32_t> counts, events;              // by neuron, channels last
    Sorted step;
    std::vector<Output> files;

public:
    LayerRecorder(Index number, const Shape& shape, Kept kept_) : kept(kept_), step(shape) {
        const auto open = [&](const char* kind) { files.emplace_back(kind + std::to_string(number) + ".bin"); };
        open("totals_");
        if (kept.level == Kept::COUNTS) {
            counts.resize(shape.size());
            events.resize(shape.size());
            open("events_");
            open("counts_");
        } else if (kept.level == Kept::SPIKES) {
            open("in_step_");
            open("neurons_");
            open("strengths_");
        }
    }
    // Note a step's spikes; `first` is the index of the layer's first neuron among all.
    template <class Real>
    void note(const int32_t* neuron, const Real* strength, Index count, Index first) {
        total += count;
        if (kept.level == Kept::COUNTS) {
            for (Index n = 0; n < count; n++) {
                counts[neuron[n] - first] += (int32_t)strength[n];
                events[neuron[n] - first]++;
            }
        } else if (kept.level == Kept::SPIKES) {
            step.take(neuron, strength, count, (int32_t)first);
        }
    }
    void end_step() {
        if (kept.level != Kept::SPIKES) return;
        const auto count = (int32_t)step.neurons.size();
        files[1].write(&count, 1);
        files[2].write_narrow(step.neurons, kept.neuron_bytes);
        if (kept.strength_bytes) files[3].write_narrow(step.strengths, kept.strength_bytes);
        step.clear();
    }
    void end_window() {
        files[0].write(&total, 1);
        total = 0;
        if (kept.level != Kept::COUNTS) return;
        files[1].write(events.data(), (Index)events.size());
        if (kept.strength_bytes) files[2].write(counts.data(), (Index)counts.size());
        std::fill(counts.begin(), counts.end(), 0);
        std::fill(events.begin(), events.end(), 0);
    }
    void close() {
        for (auto& file : files) file.close();
    }
};

}  // namespace neurosim
