/**
 * Something a check noticed about a node, a release or a container.
 * `refuse` stops an upgrade before anything is touched, `warn` is said, `info` is for the record.
 */
export type Severity = 'refuse' | 'warn' | 'info'

export type Finding = Readonly<{
  /** What programs test on; docs/errors.md lists all of them. */
  code: string
  severity: Severity
  /** What it is about: a service, a container, a guest or the node. */
  subject: string
  /** What was seen. Never holds the value of a variable or of a secret. */
  evidence: string
  remedy: string
}>
