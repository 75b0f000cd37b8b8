import fc from "fast-check";

/** The same examples in every run, so that a failure is the change's and not the day's; `SEED=…` for others. */
fc.configureGlobal({ seed: Number(process.env.SEED ?? 147_044) });
