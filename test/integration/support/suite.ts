import { OPENSTACK_SUITES } from '../../../lab/index.ts'
import type { OpenStackSuite } from '../../../lab/index.ts'

/**
 * The Debian suite whose OpenStack the tests run against: ANNEAL_TEST_SUITE; where it is not set, what is installed on the
 * machine. `npm test` sets it by rotation for some files, and says which.
 */
export function suiteOfTests(): Readonly<{ suite?: OpenStackSuite }> {
  const wanted = process.env['ANNEAL_TEST_SUITE'] ?? ''
  if (wanted === '') return {}
  const suite = OPENSTACK_SUITES.find((one) => one === wanted)
  if (suite === undefined)
    throw new TypeError(`ANNEAL_TEST_SUITE is "${wanted}", not one of ${OPENSTACK_SUITES.join(', ')}`)
  return { suite }
}
