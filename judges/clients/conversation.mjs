// What each client does (conversation.py), for the two of TypeScript.
const post = process.env.JUDGES_POST;
const texts = (result) => result.content.filter((one) => one.type === "text").map((one) => one.text).join(" ");

export const environment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("JUDGES_")));

export async function converse(client) {
  const call = (name, args) => client.callTool({ name, arguments: args });
  const names = (await client.listTools()).tools.map((one) => one.name);
  const read = await call("fetch_civitai_post_assets", { post_id: post });
  const refused = await call("fetch_civitai_post_assets", { post_id: "no-post-at-all" });
  const chart = await call("chart_engagement", { posts: [post] });
  const pictures = chart.content.filter((one) => one.type === "image").length;
  const said = (isRight, result) => (isRight ? "ok" : `told ${texts(result).slice(0, 200)}`);
  return {
    list: names.includes("chart_engagement") && names.length > 30 ? "ok" : `only ${names}`,
    read: said(!read.isError && texts(read).includes(post), read),
    "refused call": said(refused.isError && texts(refused).includes("post"), refused),
    chart: chart.isError || pictures ? said(!chart.isError, chart) : "the picture is missing",
  };
}
