// What the GPU computes between layers: every thread gathers for targets of its own, so that nothing is added up by
// two threads and sums run in the contract's order. Images lie side by side: a layer's numbers are
// [image of the batch][pixel][channel]. All sizes are data, so that one kernel serves every geometry.
#pragma once
#include "memory.cuh"

namespace neurosim {
namespace gpu {

using Word = unsigned long long;
constexpr int word_bits = 64;

struct Size {  // sizes or coordinates along depth, rows and columns
    int z, y, x;
    __host__ __device__ Index count() const { return (Index)z * y * x; }
};

// Channels, pixels of one image, and the words that hold one bit for each channel of a pixel.
struct Grid {
    int channels, words;
    Size space;
    __host__ __device__ Index size() const { return space.count() * channels; }
    __host__ __device__ Index all_words() const { return space.count() * words; }
};

// Where a target's pixel is: threads follow each other along channels (or parts of them), columns, rows, depth, images.
struct Place {
    int part;
    Size at;
    Index image;
};
__device__ inline Place place_of(Index thread, int parts, const Size& space) {
    auto left = (unsigned)thread;  // 64 bits would take several times as long to divide
    const auto next = [&left](int size) {
        const unsigned all = left;
        left /= (unsigned)size;
        return (int)(all - left * (unsigned)size);
    };
    const int part = next(parts), x = next(space.x), y = next(space.y), z = next(space.z);
    return {part, {z, y, x}, left};
}
__device__ inline Index pixel_of(const Size& space, int z, int y, int x) {
    return ((Index)z * space.y + y) * space.x + x;
}

// Note in words who speaks; one thread a word.
template <class Real>
__global__ void mark(Index threads, Grid grid, const Real* from, Word* words, int* broken) {
    const Index w = thread();
    if (w >= threads) return;
    const int first = (int)(w % grid.words) * word_bits;
    const Real* const x = from + w / grid.words * grid.channels + first;
    const int count = grid.channels - first < word_bits ? grid.channels - first : word_bits;
    Word bits = 0;
    bool finite = true;
    for (int n = 0; n < count; n++) {
        bits |= (Word)(x[n] != 0) << n;
        finite = finite && x[n] == x[n];
    }
    words[w] = bits;
    if (!finite) *broken = 1;
}

// Geometry of a convolution; `inputs` and `outputs` are the channels of a group. A group's weights lie in blocks of
// neighbouring outputs, [block][tap and input][output of the block], each `widest` outputs wide but the last.
struct Convolution {
    Grid from, to;
    int groups, inputs, outputs, vectors, whole_blocks, last_width;
    Size kernel, stride, dilation, padding;
    Index rows, group_size;
};
constexpr int vector_bytes = 16, widest_bytes = 256;

template <class Real>
struct alignas(vector_bytes) Vector {
    static constexpr int width = vector_bytes / (int)sizeof(Real);
    Real x[width];
};

// Of a word's bits, those of channels from `low` to `high`.
__device__ inline Word within(Word bits, int first, int low, int high) {
    if (low > first) bits &= ~(Word)0 << (low - first);
    if (high < first + word_bits) bits &= ~(Word)0 >> (first + word_bits - high);
    return bits;
}

// Add what a pixel's active channels bring to a vector of targets; `rows` is the row of weights of channel 0.
// Silence costs one word for 64 channels.
template <class Real, bool Ones>
__device__ inline void gather(const Convolution& c, const Word* words, const Real* from, const Real* rows, int width,
                              int low, Real* sum) {
    const int high = low + c.inputs;
    for (int first = low / word_bits * word_bits; first < high; first += word_bits)
        for (Word bits = within(words[first / word_bits], first, low, high); bits; bits &= bits - 1) {
            const int channel = first + __ffsll((long long)bits) - 1;
            const auto row = *(const Vector<Real>*)(rows + (Index)channel * width);
            const Real strength = Ones ? Real(1) : from[channel];
            for (int v = 0; v < Vector<Real>::width; v++) sum[v] += Ones ? row.x[v] : strength * row.x[v];
        }
}

// Convolution, and every fully connected map: a thread holds the sums of some neighbouring channels of one pixel, so
// that a warp reads whole lines of weights. `Ones`: every strength is 0 or 1.
template <class Real, bool Ones>
__global__ void convolve(Index threads, Convolution c, const Word* __restrict__ words, const Real* __restrict__ from,
                         const Real* __restrict__ weights, Real* to) {
    constexpr int some = Vector<Real>::width, widest = widest_bytes / (int)sizeof(Real);
    if (thread() >= threads) return;
    const Place place = place_of(thread(), c.groups * c.vectors, c.to.space);
    const int group = place.part / c.vectors, first = place.part % c.vectors * some, block = first / widest;
    const int width = block < c.whole_blocks ? widest : c.last_width, low = group * c.inputs;
    const Real* const own = weights + group * c.group_size + block * widest * c.rows + first % widest;
    const Index pixel = place.image * c.to.space.count() + pixel_of(c.to.space, place.at.z, place.at.y, place.at.x);
    Real* const target = to + pixel * c.to.channels + group * c.outputs + first;
    Real sum[some];
    for (int v = 0; v < some; v++) sum[v] = first + v < c.outputs ? target[v] : Real(0);

    Index tap = 0;
    for (int kz = 0; kz < c.kernel.z; kz++)
        for (int ky = 0; ky < c.kernel.y; ky++)
            for (int kx = 0; kx < c.kernel.x; kx++, tap++) {
                const int z = place.at.z * c.stride.z + kz * c.dilation.z - c.padding.z;
                const int y = place.at.y * c.stride.y + ky * c.dilation.y - c.padding.y;
                const int x = place.at.x * c.stride.x + kx * c.dilation.x - c.padding.x;
                if (z < 0 || z >= c.from.space.z || y < 0 || y >= c.from.space.y || x < 0 || x >= c.from.space.x)
                    continue;
                const Index source = place.image * c.from.space.count() + pixel_of(c.from.space, z, y, x);
                gather<Real, Ones>(c, words + source * c.from.words, from + source * c.from.channels,
                                   own + (tap * c.inputs - low) * width, width, low, sum);
            }
    for (int v = 0; v < some && first + v < c.outputs; v++) target[v] = sum[v];
}

// Windows of pooling: for each axis, where those of its outputs start and stop, and what they count for.
struct Windows {
    const Index *start[3], *stop[3], *counted[3];
};

// Average over windows; one thread a target.
template <class Real>
__global__ void average(Index threads, Grid source, Grid to, Windows w, const Real* from, Real* target) {
    if (thread() >= threads) return;
    const Place place = place_of(thread(), to.channels, to.space);
    const Real* const image = from + place.image * source.size() + place.part;
    Real sum = 0;
    for (Index z = w.start[0][place.at.z]; z < w.stop[0][place.at.z]; z++)
        for (Index y = w.start[1][place.at.y]; y < w.stop[1][place.at.y]; y++)
            for (Index x = w.start[2][place.at.x]; x < w.stop[2][place.at.x]; x++)
                sum += image[((z * source.space.y + y) * source.space.x + x) * source.channels];
    target[thread()] +=
        sum / (Real)(w.counted[0][place.at.z] * w.counted[1][place.at.y] * w.counted[2][place.at.x]);
}

// The running sums of sources; of one step where the maximum forgets.
template <class Real>
__global__ void accumulate(Index threads, bool forgets, const Real* from, int64_t* sum) {
    const Index n = thread();
    if (n < threads) sum[n] = (forgets ? 0 : sum[n]) + (int64_t)from[n];
}

// The largest sum of a window, less what it had reached before; one thread a target.
template <class Real>
__global__ void maximum(Index threads, Grid source, Grid to, Windows w, bool forgets, const int64_t* sum,
                        int64_t* reached, Real* target) {
    if (thread() >= threads) return;
    const Place place = place_of(thread(), to.channels, to.space);
    const int64_t* const image = sum + place.image * source.size() + place.part;
    int64_t largest = INT64_MIN;
    for (Index z = w.start[0][place.at.z]; z < w.stop[0][place.at.z]; z++)
        for (Index y = w.start[1][place.at.y]; y < w.stop[1][place.at.y]; y++)
            for (Index x = w.start[2][place.at.x]; x < w.stop[2][place.at.x]; x++) {
                const int64_t here = image[((z * source.space.y + y) * source.space.x + x) * source.channels];
                if (here > largest) largest = here;
            }
    target[thread()] += (Real)(forgets ? largest : largest - reached[thread()]);
    reached[thread()] = largest;
}

// One to one, every stride-th pixel, with empty channels before and after; one thread a target.
template <class Real>
__global__ void identity(Index threads, Grid source, Grid to, int stride, int before, const Real* from, Real* target) {
    if (thread() >= threads) return;
    const Place place = place_of(thread(), to.channels, to.space);
    const int channel = place.part - before;
    if (channel < 0 || channel >= source.channels) return;
    const Index pixel = pixel_of(source.space, place.at.z * stride, place.at.y * stride, place.at.x * stride);
    target[thread()] += from[place.image * source.size() + pixel * source.channels + channel];
}

// Multiplication by factors: those of a pixel's channels lie `next_pixel` after those of the pixel before.
template <class Real>
__global__ void scale(Index threads, Grid grid, Index next_pixel, const Real* factor, const Real* from, Real* target) {
    const Index n = thread();
    if (n >= threads) return;
    const Index channel = n % grid.channels, pixel = n / grid.channels % grid.space.count();
    target[n] += factor[pixel * next_pixel + channel] * from[n];
}

// The same neurons in another shape, by the one number they have in channels-first order; one thread a target.
template <class Real>
__global__ void reshape(Index threads, Grid source, Grid to, const Real* from, Real* target) {
    const Index n = thread();
    if (n >= threads) return;
    const Index image = n / to.size(), here = n % to.size(), pixels = source.space.count();
    const Index channels_first = here % to.channels * to.space.count() + here / to.channels;
    const Index there = channels_first % pixels * source.channels + channels_first / pixels;
    target[n] += from[image * source.size() + there];
}

template <class Real>
__global__ void add(Index threads, const Real* from, Real* target) {
    const Index n = thread();
    if (n < threads) target[n] += from[n];
}

// Count a step's spikes, image by image; one thread a word.
__global__ inline void tally(Index threads, Index words, const Word* word, Word* total) {
    const Index w = thread();
    if (w < threads && word[w]) atomicAdd(total + w / words, (Word)__popcll(word[w]));
}

// Count spikes, and add up strengths, neuron by neuron.
template <class Real>
__global__ void count(Index threads, const Real* from, int32_t* events, int32_t* counts) {
    const Index n = thread();
    if (n >= threads || from[n] == 0) return;
    events[n]++;
    counts[n] += (int32_t)from[n];
}

// Take some neurons' numbers out of every image's.
template <class Real>
__global__ void pick(Index threads, Index some, const Index* chosen, Index size, const Real* from, Real* to) {
    const Index n = thread();
    if (n < threads) to[n] = from[n / some * size + chosen[n % some]];
}

}  // namespace gpu
}  // namespace neurosim
