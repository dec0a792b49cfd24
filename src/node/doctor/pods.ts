import type { Finding } from '../finding.ts'
import type { DoctorInput } from './doctor.ts'
import { doctorFinding } from './findings.ts'

/** One finding for a node whose services are pods. */
export function podFindings({ engine, containers }: DoctorInput): readonly Finding[] {
  if (engine.keptByKubelet !== true) return []
  const pods = containers.filter(({ pod, status }) => pod?.part === 'sandbox' && status === 'running')
  const names = pods.map(({ name }) => name).toSorted()
  const some = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
  const evidence = `${engine.kind} ${engine.version} runs ${names.length} pods${names.length === 0 ? '' : ` (${some})`}`
  return [doctorFinding('NODE_OF_PODS', 'node', evidence)]
}
