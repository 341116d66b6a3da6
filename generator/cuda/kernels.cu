/* The kernels as a GPU runs them: a warp a row, eight warps a block. Their bodies are in kernels.h.
 * nvcc compiles this file alone; the rest of the module is C. */
#include <cuda_runtime.h>

#define BODY static __device__ __forceinline__
#define LANES_MOST 32
/* Every lane gets the sum, added up pair by pair. */
BODY float lanes_sum(float x)
{
    for (int by = 16; by; by /= 2)
        x += __shfl_xor_sync(0xffffffffu, x, by);
    return x;
}
BODY float lanes_max(float x)
{
    for (int by = 16; by; by /= 2)
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, by));
    return x;
}
#include "kernels.h"
#include "module.h"

enum { LANES = 32, WARPS = 8 };

/* All lanes of a warp have the same row, so they meet in every lanes_sum, or none does. */
#define KERNEL(name, params, ...)                                                                  \
    static __global__ void __launch_bounds__(LANES * WARPS) name##_rows(const params p, long rows) \
    {                                                                                              \
        long row = (long)blockIdx.x * WARPS + threadIdx.x / LANES;                                 \
        int lane = (int)(threadIdx.x % LANES);                                                     \
        if (row < rows)                                                                            \
            __VA_ARGS__;                                                                           \
    }

KERNEL(norm, struct device_norm, norm_row(&p, row, lane, LANES))
KERNEL(turn, struct device_turn, turn_row(&p, row, lane, LANES))
KERNEL(attend, struct device_attend,
       attend_row(&p, row % p.queries, (int)(row / p.queries), lane, LANES))
KERNEL(patch, struct device_patch, patch_row(&p, row, lane, LANES))
KERNEL(unpatch, struct device_patch, unpatch_row(&p, row, lane, LANES))
KERNEL(sum, struct device_sum, sum_row(&p, row, lane, LANES))
KERNEL(silu, struct device_curve, silu_row(&p, row, lane, LANES))
KERNEL(gelu, struct device_curve, gelu_row(&p, row, lane, LANES))
KERNEL(gelu_exact, struct device_curve, gelu_exact_row(&p, row, lane, LANES))
KERNEL(mix, struct device_mix, mix_row(&p, row, lane, LANES))
KERNEL(convolve, struct device_convolve, convolve_row(&p, row, lane, LANES))
KERNEL(put, struct device_put, put_row(&p, row, lane, LANES))
KERNEL(softmax, struct device_softmax, softmax_row(&p, row, lane, LANES))
KERNEL(repeat, struct device_repeat, repeat_row(&p, row, lane, LANES))
KERNEL(place, struct device_place, place_row(&p, row, lane, LANES))
KERNEL(taps, struct device_taps, taps_row(&p, row, lane, LANES))
KERNEL(join, struct device_join, join_row(&p, row, lane, LANES))
KERNEL(part, struct device_join, part_row(&p, row, lane, LANES))
KERNEL(zero, struct device_zero, zero_row(&p, row, lane, LANES))

extern "C" cudaError_t cuda_kernel(const struct device_op *op, long rows, cudaStream_t stream)
{
    unsigned blocks = (unsigned)((rows + WARPS - 1) / WARPS), threads = LANES * WARPS;
    switch (op->kind) {
    case DEVICE_NORM:
        norm_rows<<<blocks, threads, 0, stream>>>(op->norm, rows);
        break;
    case DEVICE_TURN:
        turn_rows<<<blocks, threads, 0, stream>>>(op->turn, rows);
        break;
    case DEVICE_ATTEND:
        attend_rows<<<blocks, threads, 0, stream>>>(op->attend, rows);
        break;
    case DEVICE_PATCH:
        patch_rows<<<blocks, threads, 0, stream>>>(op->patch, rows);
        break;
    case DEVICE_UNPATCH:
        unpatch_rows<<<blocks, threads, 0, stream>>>(op->patch, rows);
        break;
    case DEVICE_SUM:
        sum_rows<<<blocks, threads, 0, stream>>>(op->sum, rows);
        break;
    case DEVICE_SILU:
        silu_rows<<<blocks, threads, 0, stream>>>(op->curve, rows);
        break;
    case DEVICE_GELU:
        gelu_rows<<<blocks, threads, 0, stream>>>(op->curve, rows);
        break;
    case DEVICE_GELU_EXACT:
        gelu_exact_rows<<<blocks, threads, 0, stream>>>(op->curve, rows);
        break;
    case DEVICE_MIX:
        mix_rows<<<blocks, threads, 0, stream>>>(op->mix, rows);
        break;
    case DEVICE_CONVOLVE:
        convolve_rows<<<blocks, threads, 0, stream>>>(op->convolve, rows);
        break;
    case DEVICE_PUT:
        put_rows<<<blocks, threads, 0, stream>>>(op->put, rows);
        break;
    case DEVICE_SOFTMAX:
        softmax_rows<<<blocks, threads, 0, stream>>>(op->softmax, rows);
        break;
    case DEVICE_REPEAT:
        repeat_rows<<<blocks, threads, 0, stream>>>(op->repeat, rows);
        break;
    case DEVICE_PLACE:
        place_rows<<<blocks, threads, 0, stream>>>(op->place, rows);
        break;
    case DEVICE_TAPS:
        taps_rows<<<blocks, threads, 0, stream>>>(op->taps, rows);
        break;
    case DEVICE_ZERO:
        zero_rows<<<blocks, threads, 0, stream>>>(op->zero, rows);
        break;
    case DEVICE_JOIN:
        join_rows<<<blocks, threads, 0, stream>>>(op->join, rows);
        break;
    case DEVICE_PART:
        part_rows<<<blocks, threads, 0, stream>>>(op->join, rows);
        break;
    case DEVICE_MATMUL:
        return cudaErrorInvalidValue;
    }
    return cudaGetLastError();
}
