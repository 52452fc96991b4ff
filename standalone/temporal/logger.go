package temporal

import (
	"io"
	"runtime"

	temporallog "go.temporal.io/server/common/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logger is the server's own logger with two differences: it can be muted while the server stops,
// and a fatal message ends the goroutine and tells the owner, who shuts down, instead of ending the process.
type logger struct {
	temporallog.Logger
	level zap.AtomicLevel
	fatal chan string
}

func newLogger(out io.Writer) *logger {
	l := &logger{level: zap.NewAtomicLevelAt(zap.WarnLevel), fatal: make(chan string, 1)}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(temporallog.DefaultZapEncoderConfig), zapcore.Lock(zapcore.AddSync(out)), l.level)
	l.Logger = temporallog.NewZapLogger(zap.New(core, zap.WithFatalHook(l)))
	return l
}

func (l *logger) mute() { l.level.SetLevel(zap.FatalLevel) }

// OnWrite implements zapcore.CheckWriteHook for fatal messages.
func (l *logger) OnWrite(entry *zapcore.CheckedEntry, _ []zapcore.Field) {
	select {
	case l.fatal <- entry.Message:
	default: // the first message is the cause
	}
	runtime.Goexit() // the caller counts on not coming back
}
