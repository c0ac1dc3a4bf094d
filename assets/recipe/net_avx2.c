/* The network compiled for AVX2 and FMA. */
#if defined(__x86_64__)
#pragma GCC target("avx2,fma")
#endif
#define NET_OPS net_ops_avx2
#define NET_OPS_NAME "avx2"
#include "net_body.inc"
