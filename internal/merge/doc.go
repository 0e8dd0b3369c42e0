// Package merge merges the changes of two sides since a common base, files and
// whole trees, with the result that git merge-tree --write-tree prints by default
// (its merge strategy "ort"): the same tree, the same conflicted paths, the same
// text in conflicted files. It touches no worktree and starts no process.
//
// Text merges the three versions of one file:
//
//	lines        the files as lines, each with a number for its content
//	diff         what changed since the base: histogram, and Myers where no line
//	             is rare enough (histogram.go, myers.go, frontier.go, sieve.go)
//	slide        changes moved to where git shows them
//	hunks        changes of both sides brought together, and refined (zealous.go)
//	markers      the merged text, with markers around conflicts
//
// Trees merges three trees in four steps, which work on places (a place is a path
// on which the trees do not agree simply) and on sides (what one side removed and
// added):
//
//	findDifferences  walks the trees where they differ; ids decide what they can,
//	                 and no file is read (differences.go, place.go, instep.go)
//	findRenames      pairs removed with added files: equal ones, similar ones of
//	                 one name, similar ones (rename.go, similarity.go); concludes
//	                 which directories were renamed (moves.go), and moves what the
//	                 other side put into them (dirmove.go)
//	followRenames    brings the versions of a renamed file together (follow.go)
//	decide           settles each place, innermost first, and makes the trees
//	                 (decide.go, content.go), heeding .gitattributes (attributes.go)
//
// A directory that one side alone has changed is taken as it is, unread, unless
// the other side changed a file that may have moved into it; and even then only
// its names are looked at, until something has to be put there (find.go, closed.go).
//
// Where several renames are equally good, git's choice follows from the order in
// which it meets paths and from the order of its hash tables; both are kept
// (inStep, hashOrder). There are rare situations, nearly all of them with renamed
// directories, in which git 2.39 stops at an assertion, names an object with the
// id zero, or loses files without a word: some four in a thousand of the merges
// that the tests generate, and no known backport. There the result is what git
// does in similar situations, and the files are kept. One of these is known of
// commits picked over years: a renamed directory takes a file into a directory that
// git has not opened, because one side alone has changed it or none. git knows of
// nothing in there, so the file is in no other's way and has the place, here too
// (closed.go); but what git loses of the rest of that directory is kept.
//
// What stays out: external merge drivers (a DriverError), renormalisation of line
// endings, looking into submodules (two different commits are a conflict), and
// merges with several bases, which the caller would have to merge first.
//
// The package is pure: it imports package object and the standard library, does
// no I/O but through Objects, and reads no clock.
package merge
