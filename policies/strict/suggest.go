package strict

import "strings"

// Suggest returns the name of the list that a person most likely meant by
// this text, or "" when none is near.
func Suggest(text string, list []string) string {
	if len(text) > maxKey {
		return ""
	}
	best, least := "", 0
	for _, name := range list {
		d := distance(strings.ToLower(text), strings.ToLower(name))
		if d > max(1, len(name)/3) {
			continue
		}
		if best == "" || d < least {
			best, least = name, d
		}
	}
	return best
}

// didYouMean words a suggestion as a hint; "" when there is none, or nothing
// else to choose from.
func didYouMean(text string, list []string) string {
	if name := Suggest(text, list); name != "" && len(list) > 1 {
		return "did you mean " + name + "?"
	}
	return ""
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	var before []int
	last, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}
