// Requests to the hub, with its faults as the RFC 9457 problems that it told.

export class ProblemError extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

// Asks for a URL and returns the response, or throws the problem that the server told.
export async function ask(url, accept, signal) {
  const response = await fetch(url, { headers: { Accept: accept }, signal });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({ title: `${response.status}` }));
  throw new ProblemError(problem);
}

export const getJSON = async (url) => (await ask(url, "application/json")).json();
