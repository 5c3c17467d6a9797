"""Which of torch's functions do what to a traced tensor: the names, sorted by what they mean for its expression."""

from __future__ import annotations

__all__ = ["ALIASES", "CASTS", "COPIES", "CREATORS", "NEIGHBOURS", "RANDOM", "REDUCTIONS", "UNCHANGED", "plain_name"]

UNCHANGED = frozenset(
    [
        "size",
        "dim",
        "ndimension",
        "numel",
        "nelement",
        "stride",
        "element_size",
        "is_complex",
        "is_floating_point",
        "is_contiguous",
        "is_signed",
        "is_tensor",
        "is_same_size",
        "is_nonzero_static",
        "is_inference",
        "is_pinned",
        "is_coalesced",
        "data_ptr",
        "get_device",
        "storage_offset",
        "type_as_name",
        "requires_grad_",
        "retain_grad",
        "register_hook",
        "__hash__",
        "__repr__",
        "__format__",
        "__str__",
        "__len__",
        "__dir__",
        "_is_view",
        "is_set_to",
        "_set_grad_enabled",
        "set_grad_enabled",
        "is_grad_enabled",
        "dense_dim",
        "sparse_dim",
        "can_cast",
        "result_type",
        "promote_types",
        "has_names",
        "backward",
        "register_post_accumulate_grad_hook",
        "_has_compatible_shallow_copy_type",
        "is_shared",
        "is_neg",
        "is_conj",
        "_is_zerotensor",
        "get_default_dtype",
        "set_default_dtype",
        "broadcast_shapes",
        "is_storage",
        "_sync",
        "is_cuda",
    ]
)
"""They say something about a tensor, not about its values."""

ALIASES = frozenset(
    [
        "detach",
        "detach_",
        "view",
        "view_as",
        "reshape",
        "reshape_as",
        "flatten",
        "ravel",
        "contiguous",
        "squeeze",
        "unsqueeze",
        "squeeze_",
        "unsqueeze_",
        "expand",
        "expand_as",
        "t",
        "transpose",
        "permute",
        "movedim",
        "swapaxes",
        "real",
        "resolve_conj",
        "resolve_neg",
        "alias",
        "view_as_real",
        "cpu",
        "cuda",
        "pin_memory",
        "as_subclass",
    ]
)
"""The same value, seen otherwise; where the memory is shared, later changes are shared too."""

COPIES = frozenset(["clone", "__deepcopy__", "broadcast_to", "tile_one"])

CASTS = frozenset(["to", "float", "double", "half", "bfloat16", "type", "type_as", "bool", "long", "int", "short"])

CREATORS = frozenset(
    [
        "zeros_like",
        "ones_like",
        "full_like",
        "empty_like",
        "new_zeros",
        "new_ones",
        "new_full",
        "new_empty",
        "new_tensor",
        "zeros",
        "ones",
        "full",
        "empty",
        "tensor",
        "as_tensor",
        "scalar_tensor",
        "asarray",
    ]
)

RANDOM = frozenset(
    [
        "rand",
        "randn",
        "randint",
        "rand_like",
        "randn_like",
        "randint_like",
        "normal",
        "normal_",
        "uniform_",
        "bernoulli",
        "bernoulli_",
        "dropout",
        "dropout_",
        "multinomial",
        "poisson",
        "exponential_",
        "geometric_",
        "cauchy_",
        "log_normal_",
        "random_",
        "randperm",
        "feature_dropout",
        "alpha_dropout",
    ]
)

REDUCTIONS = frozenset(
    [
        "sum",
        "mean",
        "norm",
        "max",
        "min",
        "amax",
        "amin",
        "any",
        "all",
        "prod",
        "std",
        "var",
        "median",
        "mode",
        "dot",
        "vdot",
        "inner",
        "nansum",
        "nanmean",
        "logsumexp",
        "argmax",
        "argmin",
        "aminmax",
        "linalg_norm",
        "linalg_vector_norm",
        "vector_norm",
        "count_nonzero",
        "std_mean",
        "var_mean",
        "nanmedian",
        "dist",
    ]
)
"""They make one number of all coordinates."""

NEIGHBOURS = frozenset(
    [
        "mm",
        "matmul",
        "bmm",
        "addmm",
        "addmv",
        "addr",
        "outer",
        "ger",
        "mv",
        "einsum",
        "tensordot",
        "__matmul__",
        "__rmatmul__",
        "cumsum",
        "cumprod",
        "cummax",
        "cummin",
        "diff",
        "roll",
        "flip",
        "rot90",
        "sort",
        "topk",
        "argsort",
        "kthvalue",
        "gather",
        "scatter",
        "scatter_",
        "scatter_add",
        "index_select",
        "index_add",
        "index_copy",
        "take",
        "unfold",
        "fold",
        "conv1d",
        "conv2d",
        "softmax",
        "log_softmax",
        "normalize",
        "svd",
        "qr",
        "linalg_qr",
        "linalg_svd",
        "linalg_matrix_norm",
        "cat",
        "stack",
        "chunk",
        "split",
        "unbind",
        "__iter__",
        "masked_select",
        "nonzero",
        "renorm",
        "cosine_similarity",
        "cross",
        "kron",
        "linalg_inv",
        "linalg_solve",
        "linalg_eigh",
        "tril",
        "triu",
        "trace",
        "diag",
        "diagonal",
    ]
)
"""They let one coordinate see another, or take a tensor apart."""

_REFLECTED = {
    "__radd__": "add",
    "__rmul__": "mul",
    "__rsub__": "rsub",
    "__rdiv__": "rdiv",
    "__rtruediv__": "rdiv",
    "__rpow__": "rpow",
}


def plain_name(name: str) -> tuple[str, bool]:
    """The function's name without the marks of its variants, and whether it changes its first argument.

    Examples
    --------
    >>> plain_name("addcmul_"), plain_name("__iadd__"), plain_name("__rpow__"), plain_name("_foreach_sqrt_")
    (('addcmul', True), ('add', True), ('rpow', False), ('sqrt', True))
    """
    name = name.removeprefix("_foreach_")
    if name in _REFLECTED:
        return _REFLECTED[name], False
    if name.startswith("__") and name.endswith("__"):
        inner = name[2:-2]
        in_place = inner in ("iadd", "isub", "imul", "idiv", "itruediv", "ipow", "iand", "ior", "ixor")
        return (inner[1:] if in_place else inner), in_place
    return (name[:-1], True) if name.endswith("_") else (name, False)
