/* The network compiled for AVX-512 with bfloat16 (Zen 4 and 5, Cooper Lake, Sapphire Rapids). */
#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma,prefer-vector-width=512")
#endif
#define NET_OPS net_ops_avx512
#define NET_OPS_NAME "avx512"
#include "net_body.inc"
