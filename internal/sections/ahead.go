package sections

import (
	"iter"
	"sync"
)

// aheadBy is how many files are being opened at once. On a disk it does not
// matter; in a cloud, opening takes tens of milliseconds, and there are
// thousands.
const aheadBy = 8

// Ahead yields what open makes of 0 to n-1, in order, and opens some in
// advance. It ends after an error. What is yielded belongs to the receiver.
func Ahead(n int, open func(i int) (*Reader, error)) iter.Seq2[*Reader, error] {
	type result struct {
		r   *Reader
		err error
	}
	return func(yield func(*Reader, error) bool) {
		var (
			wg     sync.WaitGroup
			queue  []chan result
			opened int
		)
		defer func() {
			for _, c := range queue {
				if got := <-c; got.err == nil {
					got.r.Close()
				}
			}
			wg.Wait()
		}()
		for range n {
			for opened < n && len(queue) < aheadBy {
				i, c := opened, make(chan result, 1)
				wg.Go(func() {
					r, err := open(i)
					c <- result{r, err}
				})
				queue = append(queue, c)
				opened++
			}
			got := <-queue[0]
			queue = queue[1:]
			if !yield(got.r, got.err) || got.err != nil {
				return
			}
		}
	}
}
