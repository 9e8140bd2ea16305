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

// The neurons that speak, ascending: pixel p owns entries start[p] .. start[p + 1] - 1. An entry's column is
// x * channels + channel, its place within its line of pixels, so that neighbouring pixels form one run.
template <class Real>
struct Active {
    std::vector<int32_t> column;
    std::vector<Real> value;
    std::vector<int32_t> start;
    Index pixel_end = 0, line_begin = 0, line_end = 0;  // of the neuron added last

    void clear() {
        column.clear();
        value.clear();
        start.clear();
        pixel_end = line_begin = line_end = 0;
    }
    bool silent() const { return column.empty(); }

    // Append neuron `index` (ascending) of a layer of this shape.
    void add(Index index, const Shape& shape, Real x) {
        while (index >= pixel_end) {
            start.push_back((int32_t)column.size());
            pixel_end += shape.channels;
            if (pixel_end > line_end) {
                line_begin = line_end;
                line_end += shape.space.x * shape.channels;
            }
        }
        column.push_back((int32_t)(index - line_begin));
        value.push_back(x);
    }
    // Take neurons (ascending, the layer's first among all is `first`) of a layer of this shape.
    void take(const int32_t* neuron, const Real* strength, Index count, Index first, const Shape& shape) {
        const Index lines = shape.space.z * shape.space.y;
        value.assign(strength, strength + count);
        column.resize(count);
        start.clear();
        Index entry = 0, pixel_end = first;
        for (Index line = 0; line < lines; line++) {
            const Index line_begin = pixel_end;
            for (Index x = 0; x < shape.space.x; x++) {
                start.push_back((int32_t)entry);
                pixel_end += shape.channels;
                for (; entry < count && neuron[entry] < pixel_end; entry++)
                    column[entry] = (int32_t)(neuron[entry] - line_begin);
            }
        }
        start.push_back((int32_t)count);
    }

    // Close the list: give every pixel its range.
    void close(const Shape& shape) { start.resize(shape.space.count() + 1, (int32_t)column.size()); }

    void gather(const Real* dense, const Shape& shape) {
        clear();
        for (Index i = 0, n = shape.size(); i < n; i++)
            if (dense[i] != 0) add(i, shape, dense[i]);
        close(shape);
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

// What a projection has to add: the spikes of one step, and the currents of the step that they reach.
template <class Real>
struct Task {
    const Active<Real>* from;
    Real* target;
};

template <class Real>
struct Op {
    Shape to;
    virtual ~Op() = default;
    // Add the projection of `from`, active neurons of a layer of shape `shape`, to the dense target.
    virtual void add(const Active<Real>& from, const Shape& shape, Real* target) = 0;
    // Forget what was added since the window's start.
    virtual void restart() {}
    virtual bool remembers() const { return false; }
    // Several such additions, in order.
    virtual void add_all(const std::vector<Task<Real>>& tasks, const Shape& shape) {
        for (const auto& task : tasks) add(*task.from, shape, task.target);
    }
};

// As many numbers as the machine's registers hold. `at_rest` is the same in memory, wherever it lies.
#if defined(__AVX512F__)
constexpr int register_bytes = 64;
#elif defined(__AVX__)
constexpr int register_bytes = 32;
#else
constexpr int register_bytes = 16;
#endif
constexpr int most_registers = 8;  // that hold sums, so that all of a block's stay in registers

template <class Real>
struct Vector;
template <>
struct Vector<float> {
    typedef float held __attribute__((vector_size(register_bytes)));
    typedef float at_rest __attribute__((vector_size(register_bytes), aligned(4), may_alias));
};
template <>
struct Vector<double> {
    typedef double held __attribute__((vector_size(register_bytes)));
    typedef double at_rest __attribute__((vector_size(register_bytes), aligned(8), may_alias));
};
template <class Real>
constexpr int lanes = register_bytes / sizeof(Real);

constexpr Index rows_ahead = 4;  // asked for early: rows of active inputs lie too far apart to be guessed
constexpr int line_bytes = 64;

template <int Count, class Real>
inline void prefetch(const Real* row) {
#pragma GCC unroll 8
    for (int n = 0; n < Count; n += line_bytes / (int)sizeof(Real)) __builtin_prefetch(row + n);
}

// Add, for all active inputs of a target, value * weight row to R registers.
template <class Real, int R>
inline void accumulate(const Real* __restrict weights, const int32_t* row, const Real* value, Index count,
                       Real* __restrict sum) {
    typedef typename Vector<Real>::held Held;
    typedef typename Vector<Real>::at_rest AtRest;
    constexpr int L = lanes<Real>;
    Held held[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) held[r] = (Held) * (const AtRest*)(sum + r * L);
    for (Index k = 0; k < count; k++) {
        const Real* w = weights + (Index)row[k] * (R * L);
        const Real x = value[k];
        prefetch<R * L>(weights + (Index)row[k + rows_ahead] * (R * L));
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) held[r] += x * (Held) * (const AtRest*)(w + r * L);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) *(AtRest*)(sum + r * L) = held[r];
}

// Convolution as a gather: for each target pixel of a chunk, first the rows of weights that active inputs bring,
// then, for each block of channels, one pass over the chunk. A fully connected map is the kernel as large as
// its source.
template <class Real>
struct Conv : Op<Real> {
    struct Block {
        Index first, count;  // target channels
        int registers;
        Index offset;  // of its weights [tap][input channel][registers * lanes]
    };
    struct Rows {  // of weights, that active inputs bring to some target pixels: one pixel's after the other's
        std::vector<int32_t> row;
        std::vector<Real> value;
        Index used = 0;         // of these two, which only grow
        std::vector<Index> end;  // of each pixel's
        std::vector<Real*> target;
        void clear() {
            used = 0;
            end.clear();
            target.clear();
        }
        void make_room(Index count) {
            if (used + count + rows_ahead <= (Index)row.size()) return;
            row.resize(2 * (used + count + rows_ahead));
            value.resize(row.size());
        }
    };
    static constexpr Index chunk = 64;  // pixels that use a block's weights while these are in the cache
    Index groups, inputs;  // inputs: channels of a group
    Extent kernel, stride, dilation, padding;
    std::vector<Block> blocks;  // of one group
    std::vector<Real> weights;
    Index group_weights = 0;
    std::vector<std::vector<Active<Real>>> of_group;  // each task's active inputs, where there are several groups

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
            int registers = most_registers;
            while (registers > 1 && (registers / 2) * lanes<Real> >= outputs - first) registers /= 2;
            const Index width = registers * lanes<Real>;
            blocks.push_back({first, std::min(outputs - first, width), registers, group_weights});
            group_weights += rows * width;
            first += width;
        }
        weights.assign(groups * group_weights, Real(0));
        for (Index g = 0; g < groups; g++)
            for (const Block& b : blocks)
                for (Index r = 0; r < rows; r++)
                    std::copy_n(source + (g * rows + r) * outputs + b.first, b.count,
                                weights.data() + g * group_weights + b.offset + r * b.registers * lanes<Real>);
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override { add_all({{&from, target}}, shape); }

    void add_all(const std::vector<Task<Real>>& tasks, const Shape& shape) override {
        if (groups == 1) return add_group(tasks, {inputs, shape.space}, 0);
        of_group.resize(std::max(of_group.size(), tasks.size()));
        for (size_t n = 0; n < tasks.size(); n++) split(*tasks[n].from, shape, of_group[n]);
        std::vector<Task<Real>> parts = tasks;
        for (Index g = 0; g < groups; g++) {
            for (size_t n = 0; n < tasks.size(); n++) parts[n].from = &of_group[n][g];
            add_group(parts, {inputs, shape.space}, g);
        }
    }

    // Sort the active inputs by group.
    void split(const Active<Real>& from, const Shape& shape, std::vector<Active<Real>>& of_group) const {
        of_group.resize(groups);
        for (auto& part : of_group) part.clear();
        for (Index pixel = 0; pixel < shape.space.count(); pixel++)
            for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++) {
                const Index channel = from.column[e] - pixel % shape.space.x * shape.channels;
                const Index group = channel / inputs;
                of_group[group].add(pixel * inputs + channel - group * inputs, {inputs, shape.space}, from.value[e]);
            }
        for (auto& part : of_group) part.close(shape);
    }

    // Threads share the blocks of a chunk of pixels: whoever begins a chunk looks up the rows of its pixels.
    void add_group(const std::vector<Task<Real>>& tasks, const Shape& shape, Index group) {
        const Index pixels = (Index)tasks.size() * this->to.space.count(), chunks = (pixels + chunk - 1) / chunk;
#pragma omp parallel
        {
            Rows rows;
            Index looked = -1;
#pragma omp for collapse(2) schedule(dynamic)
            for (Index c = 0; c < chunks; c++)
                for (size_t b = 0; b < blocks.size(); b++) {
                    const Index first = c * chunk, end = std::min(first + chunk, pixels);
                    if (looked != c) look(tasks, shape, group, first, end, rows);
                    looked = c;
                    add_block(blocks[b], group, rows);
                }
        }
    }

    // List the rows of the active inputs in the windows of some target pixels, in ascending order.
    void look(const std::vector<Task<Real>>& tasks, const Shape& shape, Index group, Index first, Index end,
              Rows& rows) const {
        const Extent& space = this->to.space;
        const Index channels = this->to.channels, outputs = channels / groups;
        rows.clear();
        for (Index n = first; n < end; n++) {
            const Task<Real>& task = tasks[n / space.count()];
            const Index pixel = n % space.count(), line = pixel / space.x;
            look_around(*task.from, shape, {line / space.y, line % space.y, pixel % space.x}, rows);
            rows.end.push_back(rows.used);
            rows.target.push_back(task.target + pixel * channels + group * outputs);
        }
        rows.make_room(0);
        std::fill_n(rows.row.data() + rows.used, rows_ahead, 0);  // what lies ahead can always be read
    }

    void look_around(const Active<Real>& from, const Shape& shape, Extent at, Rows& rows) const {
        const Index x = at.x * stride.x - padding.x;
        for (Index kz = 0; kz < kernel.z; kz++) {
            const Index z = at.z * stride.z + kz * dilation.z - padding.z;
            if (z < 0 || z >= shape.space.z) continue;
            for (Index ky = 0; ky < kernel.y; ky++) {
                const Index y = at.y * stride.y + ky * dilation.y - padding.y;
                if (y < 0 || y >= shape.space.y) continue;
                const Index line = (z * shape.space.y + y) * shape.space.x;
                look_along(from, shape, line, x, (kz * kernel.y + ky) * kernel.x, rows);
            }
        }
    }

    // The same within one line of pixels; `tap` is the number of the line's first tap.
    void look_along(const Active<Real>& from, const Shape& shape, Index line, Index x, Index tap,
                    Rows& rows) const {
        if (dilation.x == 1) {
            const Index begin = std::max<Index>(x, 0), end = std::min(x + kernel.x, shape.space.x);
            if (begin < end) note(from, line + begin, line + end, (tap - x) * inputs, rows);
            return;
        }
        for (Index kx = 0; kx < kernel.x; kx++) {
            const Index at = x + kx * dilation.x;
            if (at >= 0 && at < shape.space.x) note(from, line + at, line + at + 1, (tap + kx - at) * inputs, rows);
        }
    }

    // Note some neighbouring active inputs; each one's row is `offset` further than its column.
    static void note(const Active<Real>& from, Index first_pixel, Index end_pixel, Index offset, Rows& rows) {
        const Index begin = from.start[first_pixel], count = from.start[end_pixel] - begin;
        rows.make_room(count);
        int32_t* row = rows.row.data() + rows.used;
        Real* value = rows.value.data() + rows.used;
        for (Index e = 0; e < count; e++) row[e] = from.column[begin + e] + (int32_t)offset;
        for (Index e = 0; e < count; e++) value[e] = from.value[begin + e];
        rows.used += count;
    }

    // Add to one block of channels of the pixels that the rows belong to.
    void add_block(const Block& block, Index group, const Rows& rows) const {
        const Real* w = weights.data() + group * group_weights + block.offset;
        Index begin = 0;
        for (size_t n = 0; n < rows.end.size(); n++) {
            const Index count = rows.end[n] - begin;
            const int32_t* row = rows.row.data() + begin;
            const Real* value = rows.value.data() + begin;
            if (count) add_pixel(block, w, row, value, count, rows.target[n] + block.first);
            begin = rows.end[n];
        }
    }

    static void add_pixel(const Block& block, const Real* w, const int32_t* row, const Real* value, Index count,
                          Real* target) {
        alignas(64) Real sum[most_registers * lanes<Real>];
        const bool whole = block.count == block.registers * lanes<Real>;
        Real* at = whole ? target : sum;  // a partial block must not touch the next pixel
        if (!whole) std::copy_n(target, block.count, sum);
        switch (block.registers) {
            case 8: accumulate<Real, 8>(w, row, value, count, at); break;
            case 4: accumulate<Real, 4>(w, row, value, count, at); break;
            case 2: accumulate<Real, 2>(w, row, value, count, at); break;
            default: accumulate<Real, 1>(w, row, value, count, at);
        }
        if (!whole) std::copy_n(sum, block.count, target);
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
                for (Index x = start[2][at.x]; x < stop[2][at.x]; x++)
                    for (Index e = from.start[line + x]; e < from.start[line + x + 1]; e++)
                        sum[from.column[e] - x * shape.channels] += from.value[e];
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
                        at[from.column[e] - x * stride * shape.channels] += from.value[e];
                }
    }
};

// Multiplication by one factor a channel.
template <class Real>
struct Scale : Op<Real> {
    std::vector<Real> factor;

    Scale(Reader& plan, const Real* source) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        source += plan.next();
        factor.assign(source, source + this->to.channels);
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        for (Index pixel = 0; pixel < shape.space.count(); pixel++) {
            const Index x = pixel % shape.space.x;
            for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++) {
                const Index channel = from.column[e] - x * shape.channels;
                target[pixel * shape.channels + channel] += factor[channel] * from.value[e];
            }
        }
    }
};

}  // namespace neurosim
