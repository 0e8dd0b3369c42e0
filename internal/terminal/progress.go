package terminal

import (
	"sync"
	"time"
)

const (
	// redrawInterval limits the progress line to ten drawings a second.
	redrawInterval = 100 * time.Millisecond
	spinner        = `|/-\`
)

// Progress is a line that tells what is going on while it lasts. All its methods
// are safe for concurrent use, and do nothing where no terminal would show it.
type Progress struct {
	screen   *screen // nil: never shown
	stop     chan struct{}
	stopped  chan struct{}
	stopOnce sync.Once

	// Guarded by the screen's lock.
	text  string
	width int
	delay time.Duration
	ticks int
}

// Progress begins a progress line on Err. It appears after ProgressDelay, if
// Err is a terminal that can erase it again, and stays until Done, which must be
// called. Of several at once the youngest is shown.
func (s *Streams) Progress(text string) *Progress {
	if !s.ErrIsTerminal || s.plain {
		return &Progress{}
	}
	progress := &Progress{
		screen:  s.screen,
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
		text:    Sanitize(text),
		width:   s.ErrWidth,
		delay:   s.ProgressDelay,
	}
	s.screen.add(progress)
	ticks, stopTicks := s.Ticker(redrawInterval)
	go progress.run(ticks, stopTicks)
	return progress
}

// Update changes the text, from the next drawing on.
func (p *Progress) Update(text string) {
	if p.screen == nil {
		return
	}
	p.screen.mutex.Lock()
	defer p.screen.mutex.Unlock()
	p.text = Sanitize(text)
}

// Done erases the line and ends it. Further calls do nothing.
func (p *Progress) Done() {
	if p.screen == nil {
		return
	}
	p.stopOnce.Do(func() { close(p.stop) })
	<-p.stopped
	p.screen.remove(p)
}

func (p *Progress) run(ticks <-chan time.Time, stopTicks func()) {
	defer close(p.stopped)
	defer stopTicks()
	for {
		select {
		case <-p.stop:
			return
		case <-ticks:
			p.draw()
		}
	}
}

// draw shows the line once its delay is over, unless a younger one is shown or
// unfinished output stands in its place. Time is counted in ticks, so that no
// clock is read.
func (p *Progress) draw() {
	p.screen.mutex.Lock()
	defer p.screen.mutex.Unlock()
	p.ticks++
	if time.Duration(p.ticks)*redrawInterval < p.delay || !p.screen.isShown(p) || p.screen.unfinished {
		return
	}
	line := string(spinner[p.ticks%len(spinner)]) + " " + p.text
	if p.width > 0 {
		// The last column stays free: some terminals wrap when it is written.
		line = Truncate(line, p.width-1)
	}
	p.screen.drawn = true
	p.screen.show(eraseLine + line)
}
