package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
	"github.com/poise-dev/poise/verifier/plan"
	"github.com/poise-dev/poise/verifier/stats"
)

// planned is what plan prints for programs. Percentages are those of requests.
type planned struct {
	Verification string       `json:"verification"`
	Rate         float64      `json:"rate"`   // requests a second
	Normal       float64      `json:"normal"` // percent bad without the fault
	Effect       float64      `json:"effect"` // percent bad with it
	Percentage   float64      `json:"percentage"`
	Guards       []plan.Guard `json:"guards"`
	// Cannot is what the run cannot conclude, by any guard.
	Cannot []string `json:"cannot,omitempty"`
}

func planVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Foretell what a verification can conclude, and what it cannot",
		Long: `Foretell, before anything runs, what a verification can conclude at a given rate of
requests: how long until a breach is seen, how many clean requests prove the
belief, what it may cost of the error budget, and what it can never tell. Times
are medians; nine runs in ten are done in twice the time.`,
		Example: "  poise plan -f policies/*.yaml --rate 120 --normal 0.1 --effect 1",
		Args:    cobra.NoArgs,
	}
	var p planned
	files := c.Flags().StringArrayP("file", "f", nil, "documents: files, patterns with wildcards, or - for standard input")
	c.Flags().StringVar(&p.Verification, "verification", "", "the Verification to plan; may be left out where there is only one")
	c.Flags().Float64Var(&p.Rate, "rate", 0, "eligible requests a second")
	c.Flags().Float64Var(&p.Normal, "normal", 0, "percent of the requests that are bad without the fault")
	c.Flags().Float64Var(&p.Effect, "effect", 0, "percent of the faulted requests that are bad if the belief is wrong (default: five times what is tolerated)")
	output := cli.Output(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := p.check(*files); err != nil {
			return err
		}
		docs, err := readDocuments(c.InOrStdin(), *files)
		if err != nil {
			return err
		}
		set, err := policies.Compile(docs)
		if err != nil {
			return err
		}
		trial, err := theTrial(set, p.Verification)
		if err != nil {
			return err
		}
		p.forecast(trial)
		return output.Print(c.OutOrStdout(), p, p.print)
	}
	return c
}

func (p *planned) check(files []string) error {
	switch {
	case len(files) == 0:
		return cli.Usage("there is nothing to plan (give documents with -f)")
	case !(p.Rate > 0):
		return cli.Usage("--rate %v: expected the eligible requests a second, more than 0", p.Rate)
	case !(p.Normal >= 0 && p.Normal <= 100 && p.Effect >= 0 && p.Effect <= 100):
		return cli.Usage("--normal %v, --effect %v: expected percentages, 0 to 100", p.Normal, p.Effect)
	}
	return nil
}

// theTrial returns the named trial, or the only one.
func theTrial(set *policies.Set, name string) (*policies.Trial, error) {
	all := set.Trials()
	if trial := set.Trial(name); trial != nil {
		return trial, nil
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	switch {
	case len(all) == 0:
		return nil, cli.Data(errors.New("there is no Verification in these documents"))
	case name != "":
		return nil, cli.Usage("there is no Verification %q; there is %s", name, strings.Join(names, ", "))
	case len(all) > 1:
		return nil, cli.Usage("--verification says which one to plan: %s", strings.Join(names, ", "))
	default:
		return all[0], nil
	}
}

// forecast fills in what is foretold. What a ramp does below its last rung is
// left out: an upheld verdict does not rest on it.
func (p *planned) forecast(trial *policies.Trial) {
	spec := plan.Spec{
		Baseline: trial.Baseline, Duration: trial.Duration, Interval: trial.Interval,
		BatchInterval: verifier.ComparedEvery,
		Alpha:         trial.Alpha, Beta: trial.Beta, MinBad: uint64(max(trial.MinBad, 1)),
	}
	share := policies.Percent(0)
	for _, policy := range trial.Policies {
		share = max(share, policy.Share)
	}
	for i, step := range trial.Ramp {
		share = step.Share
		if i < len(trial.Ramp)-1 {
			spec.Duration -= step.For
		}
	}
	if b := trial.Budget; b != nil { // one policy after the other, without an end
		share, spec.Duration, spec.Window = min(share, b.MaxRate), 0, b.Window
	}
	spec.Share, p.Percentage, p.Verification = share.Ratio(), 100*share.Ratio(), trial.Name
	effect := 0.0
	for _, promise := range trial.Belief.Promises {
		spec.Objectives = append(spec.Objectives, plan.Objective{
			Name: promise.Name, Allowed: promise.Allowed, Tolerance: promise.Tolerance, Advisory: promise.Advisory,
			Margin: stats.Margin{Ratio: promise.Ratio, Points: promise.Margin},
		})
		if !promise.Advisory {
			effect = max(effect, min(500*promise.Tolerance, 100))
		}
	}
	if p.Effect == 0 {
		p.Effect = effect
	}
	p.Guards = plan.For(spec, plan.Traffic{PerSecond: p.Rate, Normal: p.Normal / 100, Effect: p.Effect / 100})
	for _, g := range p.Guards {
		for _, c := range g.Cannot {
			p.Cannot = append(p.Cannot, g.Objective+", "+g.Guard+": "+c)
		}
	}
}

// print tells people.
func (p *planned) print(w io.Writer) {
	fmt.Fprintf(w, "%s at %s requests a second, %s%% of them faulted. If the faulted ones were %s%% bad instead of %s%%:\n\n",
		p.Verification, digits(p.Rate), digits(p.Percentage), digits(p.Effect), digits(p.Normal))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  OBJECTIVE\tGUARD\tSEEN IN\t9 IN 10\tBUDGET AT STAKE\tUPHELD BY\tIN")
	for _, g := range p.Guards {
		clean, upheld := "-", "-"
		if g.CleanRequestsNeeded > 0 {
			clean, upheld = fmt.Sprintf("%d clean faulted requests", g.CleanRequestsNeeded), g.TimeToUphold.String()
		}
		fmt.Fprintf(t, "  %s\t%s\t%v\t%v\t%s%%\t%s\t%s\n", g.Objective, g.Guard, g.TimeToDetect.Median, g.TimeToDetect.P90,
			digits(g.BudgetAtStake), clean, upheld)
	}
	_ = t.Flush() // what is printed to is what fails
	if len(p.Cannot) > 0 {
		fmt.Fprintln(w, "\nWhat it cannot conclude:")
	}
	for _, c := range p.Cannot {
		fmt.Fprintln(w, "  "+c)
	}
}

// digits writes a number with three significant digits, and all digits of a
// whole one.
func digits(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
