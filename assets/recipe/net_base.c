/* The network compiled for the baseline of the architecture. */
#define NET_OPS net_ops_base
#define NET_OPS_NAME "baseline"
#include "net_body.inc"
