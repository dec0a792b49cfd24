import { ini } from './ini.ts'
import type { IniValue } from './ini.ts'

/** What all services under uWSGI have in common, and their own options. */
export function uwsgiConfiguration(own: Readonly<Record<string, IniValue>>): string {
  return ini({
    uwsgi: {
      plugins: 'python3',
      master: true,
      // No threads: SQLAlchemy's connections to SQLite belong to one each.
      'buffer-size': 65535,
      'die-on-term': true,
      'no-orphans': true,
      // As Debian's own units: uWSGI's plain socket closes after each answer and must say so, or clients that keep the
      // connection find it reset.
      'add-header': 'Connection: close',
      'rem-header': 'Content-Length',
      ...own,
    },
  })
}
