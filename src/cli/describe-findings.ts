import type { Finding } from '../core/index.ts'
import type { Output } from './output.ts'

/** What was noticed, each with its remedy. */
export function describeFindings(findings: readonly Finding[], output: Output): string[] {
  return findings.flatMap((finding) => {
    const word = { refuse: output.red('refuse'), warn: output.yellow('warn'), info: 'info' }[finding.severity]
    return [
      `${word}  ${finding.code}  ${finding.subject}: ${finding.evidence}`,
      `        remedy: ${finding.remedy}`,
    ]
  })
}
