import type { Finding, Severity } from '../core/index.ts'
import type { Output } from './output.ts'

const RANK: Readonly<Record<Severity, number>> = { refuse: 0, warn: 1, info: 2 }

/** What was noticed, each with its remedy: first what refuses, then what is warned of. */
export function describeFindings(findings: readonly Finding[], output: Output): string[] {
  const sorted = findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity])
  return sorted.flatMap((finding) => {
    const word = { refuse: output.red('refuse'), warn: output.yellow('warn'), info: 'info' }[finding.severity]
    return [
      `${word}  ${finding.code}  ${finding.subject}: ${finding.evidence}`,
      `        remedy: ${output.remedy(finding.remedy)}`,
    ]
  })
}

/** `12 of 26 findings would refuse a release`. */
export function countRefusals(findings: readonly Finding[]): string {
  const refusing = findings.filter(({ severity }) => severity === 'refuse').length
  return `${refusing} of ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'} would refuse a release`
}
