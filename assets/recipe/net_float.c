/* The network with float matrix inputs and plain products: the reference that gradients are checked on. */
#define NET_OPS net_ops_float
#define NET_OPS_NAME "float"
#define NET_FLOAT 1
#include "net_body.inc"
