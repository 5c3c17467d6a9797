# my_claims.py
from optproof import claim

bounded = claim("rmsprop", always="v <= G^2", given="abs(g) <= G", positive="G")
growing = claim("rmsprop", each_step="after(v) >= v")
