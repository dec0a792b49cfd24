import assert from 'node:assert/strict'
import type { ConductorLab } from '../../../../lab/index.ts'

/** Asks the API of a lab's conductor, `/nodes/one` for instance. Fails where it refuses, with what it says. */
export async function conductorRequest(
  lab: ConductorLab,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const answer = await fetch(`${lab.endpoints['conductor']}/v1${path}`, {
    method,
    headers: { 'x-openstack-ironic-api-version': '1.82', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) assert.fail(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer
}
