import { provisionerContract } from '../../../test/fixtures/provisioner-contract.ts'
import { FakeMetal } from './testing/fake-metal.ts'

provisionerContract('in memory', (instanceInfo) => {
  const fake = new FakeMetal({}, { instanceInfo })
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
})
