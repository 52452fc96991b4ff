package visit

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// kinds maps the name of a kind to its Go type: the one place where JSON names meet types.
type kinds[T any] map[string]reflect.Type

func catalogue[T any](name func(T) string, all ...T) kinds[T] {
	m := kinds[T]{}
	for _, v := range all {
		m[name(v)] = reflect.TypeOf(v)
	}
	return m
}

func (m kinds[T]) decode(kind string, body []byte) (T, error) {
	var none T
	t, ok := m[kind]
	if !ok {
		return none, fmt.Errorf("unknown kind %q", kind)
	}
	p := reflect.New(t)
	if err := json.Unmarshal(body, p.Interface()); err != nil {
		return none, fmt.Errorf("%s: %w", kind, err)
	}
	return p.Elem().Interface().(T), nil
}
