package verifier

// rate returns the share of bad requests, 0 of none.
func rate(t Tally) float64 {
	if t.Requests == 0 {
		return 0
	}
	return float64(t.Bad) / float64(t.Requests)
}

// collateral returns the harm to requests nobody touched: the bad rate of
// control minus that of the time before, in percentage points. It may be
// negative by chance, and is 0 while either was not seen.
func collateral(c Counts) Collateral {
	if c.Control.Requests == 0 || c.Before.Requests == 0 {
		return Collateral{}
	}
	return Collateral{Points: 100 * (rate(c.Control) - rate(c.Before))}
}

// spending returns what the run cost: of all requests since the baseline, the
// bad ones beyond what the baseline's rate would have given; for the objective
// that lost most, because one request may be bad by several.
func (j *Judge) spending() Spending {
	if j.spec.Budget != nil {
		return Spending{Spent: j.spent()}
	}
	if j.clean.At.IsZero() {
		return Spending{}
	}
	spent := 0.0
	for i, o := range j.objectives {
		if o.Advisory {
			continue
		}
		before := j.clean.Objectives[i].All
		since := grown(before, j.counts.Objectives[i].All)
		spent = max(spent, float64(since.Bad)-rate(before)*float64(since.Requests))
	}
	return Spending{Spent: spent}
}
