/**
 * Something a check noticed about a node, a release, a container, an image or a command line.
 * `refuse` stops the work before anything is touched, `warn` is only reported, `info` is for the record.
 */
export type Severity = 'refuse' | 'warn' | 'info'

export type Finding = Readonly<{
  /** What programs test on; docs/errors.md lists all of them. */
  code: string
  severity: Severity
  /** What it is about: a service, a container, a guest, the node, a kernel argument, a file of an image. */
  subject: string
  /** What was seen. Never holds the value of a variable or of a secret. */
  evidence: string
  remedy: string
}>

export type FindingSpec = Readonly<{ severity: Severity; meaning: string; remedy: string }>

/** A folder's findings: exported as `…_FINDINGS` of its findings.ts, from where docs/errors.md takes them. */
export type FindingTable = Readonly<Record<string, FindingSpec>>

/** Makes the function that makes findings of one table. */
export function findingsOf<T extends FindingTable>(table: T) {
  return (
    code: keyof T & string,
    subject: string,
    evidence: string,
    changes: Partial<Finding> = {},
  ): Finding => {
    const spec = table[code]
    if (spec === undefined) throw new TypeError(`unknown finding ${code}`)
    return { code, severity: spec.severity, subject, evidence, remedy: spec.remedy, ...changes }
  }
}
