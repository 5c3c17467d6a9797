"""What is true of Adagrad and false of RMSprop, with the counterexample."""

import optproof as op

for rule in ("adagrad", "rmsprop"):
    (result,) = op.derive(rule, claim="rate-never-grows")
    print(f"{rule}: {result.claim.text()}")
    print(f"  {result.verdict}, by {result.method}")
    for name, value in result.witness.items():
        print(f"  {name} = {value}")
