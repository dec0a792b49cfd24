export { openAgent } from './open-agent.ts'
