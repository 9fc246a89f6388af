/**
 * One step of a scenario that is one test: the steps before it have to have passed. Whatever fails in it names the step.
 */
export async function step(name: string, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (error instanceof Error) error.message = `step "${name}": ${error.message}`;
    throw error;
  }
}
