package visit

func (d *decider) tick() error {
	at, ok := d.NextDue()
	if !ok || d.now.Before(at) {
		return nil
	}
	if len(d.Trips) > 0 {
		return d.tripTick()
	}
	if err := d.emit(NoticeClosed{}); err != nil {
		return err
	}
	if d.State.Paused() {
		return nil
	}
	return d.advance()
}
