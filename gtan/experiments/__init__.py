"""Many runs: notebooks with parameters, sweeps, the study, the readings, and reach before any."""
