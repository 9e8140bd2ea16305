// What is kept of one layer's spikes: counted on the GPU, and written image by image, in the files and the order of the
// C++ device's recorder.
#pragma once
#include "network.cuh"

namespace neurosim {
namespace gpu {

class Recorder {
    Kept kept;
    Grid grid;
    Index images;
    Array<Word> totals;              // one an image
    Array<int32_t> events, counts;   // [image][neuron]
    Sorted sorted;                   // of one image and step
    struct Steps {                   // of one image, since the window's start
        std::vector<int32_t> in_step, neurons, strengths;
    };
    std::vector<Steps> steps;
    std::vector<int32_t> neuron, strength;
    std::vector<Output> files;

public:
    Recorder(Index number, const Layer& layer, Kept kept_, Index images_)
        : kept(kept_), grid(layer.grid), images(images_), totals(images_), sorted(layer.shape) {
        const auto open = [&](const char* kind) { files.emplace_back(kind + std::to_string(number) + ".bin"); };
        open("totals_");
        if (kept.level == Kept::COUNTS) {
            events = Array<int32_t>(images * grid.size());
            counts = Array<int32_t>(images * grid.size());
            open("events_");
            open("counts_");
        } else if (kept.level == Kept::SPIKES) {
            steps.resize((size_t)images);
            open("in_step_");
            open("neurons_");
            open("strengths_");
        }
    }

    // Note what the layer said in a step.
    template <class Real>
    void note(const Word* words, const Real* said) {
        start(tally, images * grid.all_words(), grid.all_words(), words, totals.data());
        if (kept.level == Kept::COUNTS)
            start(gpu::count<Real>, images * grid.size(), said, events.data(), counts.data());
        if (kept.level == Kept::SPIKES) fetch(words, said);
    }

    // End the window of a batch, of which the first `some` images are to be kept.
    void end_window(Index some) {
        const auto total = totals.all();
        files[0].write(total.data(), some);
        totals.clear();
        if (kept.level == Kept::COUNTS) {
            write(events, some, files[1]);
            if (kept.strength_bytes) write(counts, some, files[2]);
            counts.clear();
        }
        for (Index image = 0; image < (Index)steps.size(); image++) {
            if (image < some) write(steps[image]);
            steps[image] = {};
        }
    }
    void close() {
        for (auto& file : files) file.close();
    }

private:
    void write(Array<int32_t>& values, Index some, Output& file) {
        std::vector<int32_t> host((size_t)(some * grid.size()));
        values.give(host.data(), 0, (Index)host.size());
        file.write(host.data(), (Index)host.size());
        values.clear();
    }
    void write(const Steps& own) {
        files[1].write(own.in_step.data(), (Index)own.in_step.size());
        files[2].write_narrow(own.neurons, kept.neuron_bytes);
        if (kept.strength_bytes) files[3].write_narrow(own.strengths, kept.strength_bytes);
    }

    // Bring a step's spikes to the host: one bit a neuron, and strengths only where they are not always 1.
    template <class Real>
    void fetch(const Word* words, const Real* said) {
        std::vector<Word> bits((size_t)(images * grid.all_words()));
        check(cudaMemcpy(bits.data(), words, bits.size() * sizeof(Word), cudaMemcpyDeviceToHost), "fetching spikes");
        std::vector<Real> strengths(kept.strength_bytes ? (size_t)(images * grid.size()) : 0);
        if (kept.strength_bytes)
            check(cudaMemcpy(strengths.data(), said, strengths.size() * sizeof(Real), cudaMemcpyDeviceToHost),
                  "fetching strengths");
        for (Index image = 0; image < images; image++)
            sort(image, bits.data() + image * grid.all_words(), strengths.data() + image * grid.size());
    }

    template <class Real>
    void sort(Index image, const Word* bits, const Real* strengths) {
        neuron.clear(), strength.clear();
        for (Index w = 0; w < grid.all_words(); w++) {
            const Index first = w / grid.words * grid.channels + w % grid.words * word_bits;
            for (Word left = bits[w]; left; left &= left - 1) {
                const Index n = first + __builtin_ctzll(left);
                neuron.push_back((int32_t)n);
                strength.push_back(kept.strength_bytes ? (int32_t)strengths[n] : 1);
            }
        }
        sorted.take(neuron.data(), strength.data(), (Index)neuron.size(), 0);
        Steps& own = steps[image];
        own.in_step.push_back((int32_t)neuron.size());
        own.neurons.insert(own.neurons.end(), sorted.neurons.begin(), sorted.neurons.end());
        own.strengths.insert(own.strengths.end(), sorted.strengths.begin(), sorted.strengths.end());
    }
};

// The membrane potentials of some of a layer's neurons, written image by image.
template <class Real>
class Watch {
    Index images, size;
    Array<Index> chosen;
    Array<Real> picked;          // [image][chosen]
    std::vector<Real> seen, now;  // [step][image][chosen]
    Output file;

public:
    Watch(Index number, const Layer& layer, const std::vector<Index>& chosen_, Index images_)
        : images(images_),
          size(layer.shape.size()),
          chosen(chosen_),
          picked(images_ * (Index)chosen_.size()),
          now((size_t)picked.size()),
          file("potentials_" + std::to_string(number) + ".bin") {}

    // `potentials`: of the layer, [image][neuron].
    void note(const Real* potentials) {
        start(pick<Real>, picked.size(), chosen.size(), chosen.data(), size, potentials, picked.data());
        picked.give(now.data(), 0, picked.size());
        seen.insert(seen.end(), now.begin(), now.end());
    }
    void end_window(Index some) {
        for (Index image = 0; image < some; image++)
            for (size_t at = 0; at < seen.size(); at += now.size())
                file.write(seen.data() + at + image * chosen.size(), chosen.size());
        seen.clear();
    }
    void close() { file.close(); }
};

}  // namespace gpu
}  // namespace neurosim
