// Linear maps with shared weights over lists of active neurons. All sizes are data, so that one compiled
// instance serves every geometry. Sums run in the contract's order: for each target over its sources in
// ascending channels-last index, one rounded product after the other.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace neurosim {

using Index = int64_t;

struct Extent {  // sizes or coordinates along depth, rows and columns
    Index z, y, x;
    Index count() const { return z * y * x; }
};

// A layer's shape; neurons are numbered channels last.
struct Shape {
    Index channels;
    Extent space;
    Index size() const { return channels * space.count(); }
};

// The neurons that speak, ascending, grouped by pixel: pixel p owns entries start[p] .. start[p + 1] - 1.
template <class Real>
struct Active {
    std::vector<int32_t> channel;
    std::vector<Real> value;
    std::vector<Index> start;

    void clear() {
        channel.clear();
        value.clear();
        start.clear();
    }
    bool silent() const { return channel.empty(); }

    // Append neuron `index` (ascending) of a layer with so many channels.
    void add(Index index, Index channels, Real x) {
        const Index pixel = index / channels;
        while ((Index)start.size() <= pixel) start.push_back((Index)channel.size());
        channel.push_back((int32_t)(index - pixel * channels));
        value.push_back(x);
    }
    // Close the list: give every pixel its range.
    void close(Index pixels) {
        while ((Index)start.size() <= pixels) start.push_back((Index)channel.size());
    }
    void gather(const Real* dense, const Shape& shape) {
        clear();
        for (Index i = 0, n = shape.size(); i < n; i++)
            if (dense[i] != 0) add(i, shape.channels, dense[i]);
        close(shape.space.count());
    }
};

// Reads the flat description of a network, one number after the other.
struct Reader {
    const Index* at;
    Index next() { return *at++; }
    Extent extent() {
        const Index z = next(), y = next(), x = next();
        return {z, y, x};
    }
    const Index* array(Index size) {
        const Index* begin = at;
        at += size;
        return begin;
    }
};

template <class Real>
struct Op {
    Shape to;
    virtual ~Op() = default;
    // Add the projection of `from`, active neurons of a layer of shape `shape`, to the dense target.
    virtual void add(const Active<Real>& from, const Shape& shape, Real* target) = 0;
};

// Sixty-four bytes at once, whatever the machine's registers: the compiler splits or joins them.
template <class Real>
struct Vector {
    static constexpr int lanes = 64 / sizeof(Real);
    typedef Real type __attribute__((vector_size(64)));
};

// Add, for `count` active inputs, value * weight row to R vectors of targets held in registers.
template <class Real, int R>
inline void accumulate(const Real* __restrict weights, const int32_t* row, const Real* value, Index count,
                       Real* __restrict sum) {
    typedef typename Vector<Real>::type V;
    constexpr int lanes = Vector<Real>::lanes;
    V held[R];
    std::memcpy(held, sum, sizeof held);
    for (Index k = 0; k < count; k++) {
        V term[R];
        std::memcpy(term, weights + (Index)row[k] * (R * lanes), sizeof term);
        for (int r = 0; r < R; r++) held[r] += value[k] * term[r];
    }
    std::memcpy(sum, held, sizeof held);
}

// Convolution as a gather: for each target pixel, first the list of active inputs in its window, then, for
// each block of channels, one pass over that list. A fully connected map is the kernel as large as its source.
template <class Real>
struct Conv : Op<Real> {
    static constexpr int lanes = Vector<Real>::lanes;
    struct Block {
        Index first, count;  // target channels
        int vectors;
        Index offset;  // of its weights [tap][input channel][vectors * lanes]
    };
    Index groups, inputs;  // inputs: channels of a group
    Extent kernel, stride, dilation, padding;
    std::vector<Block> blocks;  // of one group
    std::vector<Real> weights;
    Index group_weights = 0;
    std::vector<int32_t> row;
    std::vector<Real> value;

    // `source` holds the weights as [group][tap][input][output].
    Conv(Reader& plan, const Real* source) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        groups = plan.next();
        inputs = plan.next();
        kernel = plan.extent();
        stride = plan.extent();
        dilation = plan.extent();
        padding = plan.extent();
        pack(source + plan.next());
    }

    void pack(const Real* source) {
        const Index outputs = this->to.channels / groups, rows = kernel.count() * inputs;
        for (Index first = 0; first < outputs;) {
            const Index left = (outputs - first + lanes - 1) / lanes;
            const int vectors = left >= 4 ? 4 : left >= 2 ? 2 : 1;
            blocks.push_back({first, std::min<Index>(outputs - first, vectors * lanes), vectors, group_weights});
            group_weights += rows * vectors * lanes;
            first += vectors * lanes;
        }
        weights.assign(groups * group_weights, Real(0));
        for (Index g = 0; g < groups; g++)
            for (const Block& b : blocks)
                for (Index r = 0; r < rows; r++)
                    std::copy_n(source + (g * rows + r) * outputs + b.first, b.count,
                                weights.data() + g * group_weights + b.offset + r * b.vectors * lanes);
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        const Index outputs = this->to.channels / groups;
        Index pixel = 0;
        for (Index z = 0; z < this->to.space.z; z++)
            for (Index y = 0; y < this->to.space.y; y++)
                for (Index x = 0; x < this->to.space.x; x++, pixel++)
                    for (Index g = 0; g < groups; g++) {
                        list(from, shape, {z, y, x}, g);
                        if (!row.empty()) blocks_of(g, target + pixel * this->to.channels + g * outputs);
                    }
    }

    // List the active inputs of one target pixel and group, in ascending order.
    void list(const Active<Real>& from, const Shape& shape, Extent at, Index group) {
        row.clear();
        value.clear();
        for (Index kz = 0; kz < kernel.z; kz++) {
            const Index z = at.z * stride.z + kz * dilation.z - padding.z;
            if (z < 0 || z >= shape.space.z) continue;
            for (Index ky = 0; ky < kernel.y; ky++) {
                const Index y = at.y * stride.y + ky * dilation.y - padding.y;
                if (y < 0 || y >= shape.space.y) continue;
                for (Index kx = 0; kx < kernel.x; kx++) {
                    const Index x = at.x * stride.x + kx * dilation.x - padding.x;
                    if (x < 0 || x >= shape.space.x) continue;
                    tap(from, (z * shape.space.y + y) * shape.space.x + x,
                        ((kz * kernel.y + ky) * kernel.x + kx) * inputs, group * inputs);
                }
            }
        }
    }

    void tap(const Active<Real>& from, Index pixel, Index first_row, Index first_channel) {
        const Index begin = from.start[pixel], end = from.start[pixel + 1];
        if (groups == 1) {
            const size_t size = row.size();
            row.resize(size + (end - begin));
            for (Index e = begin; e < end; e++) row[size + (e - begin)] = (int32_t)(first_row + from.channel[e]);
            value.insert(value.end(), from.value.begin() + begin, from.value.begin() + end);
            return;
        }
        for (Index e = begin; e < end; e++) {
            const Index channel = from.channel[e] - first_channel;
            if (channel < 0 || channel >= inputs) continue;
            row.push_back((int32_t)(first_row + channel));
            value.push_back(from.value[e]);
        }
    }

    void blocks_of(Index group, Real* target) {
        alignas(64) Real sum[4 * lanes];
        for (const Block& b : blocks) {
            const Real* w = weights.data() + group * group_weights + b.offset;
            std::copy_n(target + b.first, b.count, sum);
            std::fill(sum + b.count, sum + b.vectors * lanes, Real(0));
            if (b.vectors == 4) accumulate<Real, 4>(w, row.data(), value.data(), (Index)row.size(), sum);
            else if (b.vectors == 2) accumulate<Real, 2>(w, row.data(), value.data(), (Index)row.size(), sum);
            else accumulate<Real, 1>(w, row.data(), value.data(), (Index)row.size(), sum);
            std::copy_n(sum, b.count, target + b.first);
        }
    }
};

// Average over windows: the sum over the window divided by what the window counts for.
template <class Real>
struct Average : Op<Real> {
    const Index *start[3], *stop[3], *counted[3];
    std::vector<Real> sum;

    Average(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        const Index sizes[3] = {this->to.space.z, this->to.space.y, this->to.space.x};
        for (int axis = 0; axis < 3; axis++) {
            start[axis] = plan.array(sizes[axis]);
            stop[axis] = plan.array(sizes[axis]);
            counted[axis] = plan.array(sizes[axis]);
        }
        sum.resize(this->to.channels);
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        Real* at = target;
        for (Index z = 0; z < this->to.space.z; z++)
            for (Index y = 0; y < this->to.space.y; y++)
                for (Index x = 0; x < this->to.space.x; x++, at += this->to.channels)
                    window(from, shape, {z, y, x}, at);
    }

    void window(const Active<Real>& from, const Shape& shape, Extent at, Real* target) {
        std::fill(sum.begin(), sum.end(), Real(0));
        for (Index z = start[0][at.z]; z < stop[0][at.z]; z++)
            for (Index y = start[1][at.y]; y < stop[1][at.y]; y++) {
                const Index line = (z * shape.space.y + y) * shape.space.x;
                const Index end = from.start[line + stop[2][at.x]];
                for (Index e = from.start[line + start[2][at.x]]; e < end; e++) sum[from.channel[e]] += from.value[e];
            }
        const Real size = (Real)(counted[0][at.z] * counted[1][at.y] * counted[2][at.x]);
        for (Index c = 0; c < this->to.channels; c++) target[c] += sum[c] / size;
    }
};

// One to one, every stride-th pixel, with empty channels before and after.
template <class Real>
struct Identity : Op<Real> {
    Index stride, before;

    Identity(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        stride = plan.next();
        before = plan.next();
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        Real* at = target + before;
        for (Index z = 0; z < this->to.space.z; z++)
            for (Index y = 0; y < this->to.space.y; y++)
                for (Index x = 0; x < this->to.space.x; x++, at += this->to.channels) {
                    const Index pixel = ((z * stride) * shape.space.y + y * stride) * shape.space.x + x * stride;
                    for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++)
                        at[from.channel[e]] += from.value[e];
                }
    }
};

// Multiplication by one factor a channel.
template <class Real>
struct Scale : Op<Real> {
    const Real* factor;

    Scale(Reader& plan, const Real* source) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        factor = source + plan.next();
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        for (Index pixel = 0; pixel < shape.space.count(); pixel++)
            for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++)
                target[pixel * shape.channels + from.channel[e]] += factor[from.channel[e]] * from.value[e];
    }
};

template <class Real>
std::unique_ptr<Op<Real>> make_op(Reader& plan, const Real* weights) {
    switch (plan.next()) {
        case 0: return std::make_unique<Conv<Real>>(plan, weights);
        case 1: return std::make_unique<Average<Real>>(plan, weights);
        case 2: return std::make_unique<Identity<Real>>(plan, weights);
        default: return std::make_unique<Scale<Real>>(plan, weights);
    }
}

}  // namespace neurosim
