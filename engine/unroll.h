/* unroll: for kernels whose arrays are registers: inlined and unrolled whatever the compiler thinks.
 * FLOAT_PLAIN (kernels_float.inc): they are not. */
#ifndef ENGINE_UNROLL_H
#define ENGINE_UNROLL_H

#ifdef FLOAT_PLAIN
#define INLINE static inline
#define UNROLL(n)
#else
#define INLINE static inline __attribute__((always_inline))
#define UNROLL_TEXT(text) _Pragma(#text)
#define UNROLL(n) UNROLL_TEXT(GCC unroll n)
#endif

#endif
