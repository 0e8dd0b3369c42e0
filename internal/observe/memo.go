package observe

import "sync"

// memo makes each value once, whoever asks for it first: who asks meanwhile waits. A
// failure is nobody else's: what was missing may have been fetched since.
type memo[K comparable, V any] struct {
	mutex sync.Mutex
	made  map[K]func() (V, error)
}

// get gives the value of a key, made if nobody has.
func (m *memo[K, V]) get(key K, produce func() (V, error)) (V, error) {
	m.mutex.Lock()
	once, known := m.made[key]
	if !known {
		once = sync.OnceValues(produce)
		if m.made == nil {
			m.made = map[K]func() (V, error){}
		}
		m.made[key] = once
	}
	m.mutex.Unlock()
	value, err := once()
	if err != nil && known {
		return produce()
	}
	return value, err
}

// clear has everything made anew.
func (m *memo[K, V]) clear() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	clear(m.made)
}
