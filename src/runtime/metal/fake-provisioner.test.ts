import { provisionerContract } from '../../../test/fixtures/provisioner-contract.ts'
import { FakeMetal } from './testing/fake-metal.ts'

provisionerContract(
  'in memory',
  ({ info = {}, state = 'available', console: has = 'some', silent = false }) => {
    const course = {
      manage: [{ provisionState: 'manageable' }],
      inspect: silent ? [{ provisionState: 'inspecting' }] : [{ provisionState: 'manageable' }],
      provide: [{ provisionState: 'available' }],
      abort: [{ provisionState: 'inspect failed' }],
    }
    const fake = new FakeMetal(course, {
      instanceInfo: info,
      provisionState: state,
      consoleInterface: has === 'none' ? 'no-console' : 'fake-file',
    })
    fake.invalid = [
      { interface: 'power', ok: true },
      { interface: 'boot', ok: false, reason: 'no ports' },
    ]
    return Promise.resolve({
      provisioner: fake.provisioner,
      machine: () => Promise.resolve(fake.node),
      asked: () => fake.done.map((one) => (one === 'change' ? 'prepare' : one)),
      leftOff: () => fake.leftOff,
    })
  },
)
