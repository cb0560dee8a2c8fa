/* SPDX-License-Identifier: MIT */
/* Runs when claudefs is built: writes C with the netlink messages that set a sandbox's network
 * namespace up (redirect.h), for the machine that it runs on. libnftnl and libmnl, of the netfilter
 * project, know their form; neither is needed afterwards. The rules are those of
 * rules/redirect.nft. Usage: compile_redirect FILE */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/batch.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/if_addr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/network/redirect.h"
#include "fs/session/network_files.h"

#define TABLE       "claudefs"
#define SIZE        16384
#define LOOPBACK    1 /* lo's index in every network namespace */
#define LOG_GROUP   1
#define PRIO_MANGLE (-150)
#define PRIO_FILTER 0
#define ANSWERED    (NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK)

/* That a list can allow. */
static const uint16_t ports[] = { 443, 80 };

struct messages {
	_Alignas(struct nlmsghdr) char data[SIZE];
	size_t len;
	unsigned int answers;
	uint32_t number;
};

static void *must(void *pointer)
{
	if (!pointer)
		abort();
	return pointer;
}

static void end_message(struct messages *messages, const struct nlmsghdr *message)
{
	messages->len += NLMSG_ALIGN(message->nlmsg_len);
	if (message->nlmsg_flags & NLM_F_ACK)
		messages->answers++;
	if (messages->len > SIZE / 2)
		abort();
}

static struct nlmsghdr *begin_route_message(struct messages *messages, uint16_t type)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(messages->data + messages->len);

	message->nlmsg_type = type;
	message->nlmsg_flags = ANSWERED | NLM_F_EXCL;
	message->nlmsg_seq = messages->number++;
	return message;
}

static void add_address(struct messages *messages)
{
	struct nlmsghdr *message = begin_route_message(messages, RTM_NEWADDR);
	struct ifaddrmsg *address = mnl_nlmsg_put_extra_header(message, sizeof(*address));

	address->ifa_family = AF_INET;
	address->ifa_prefixlen = 32;
	address->ifa_scope = RT_SCOPE_UNIVERSE;
	address->ifa_index = LOOPBACK;
	mnl_attr_put_u32(message, IFA_LOCAL, htonl(REDIRECT_OWN_ADDRESS));
	end_message(messages, message);
}

/* AnyIP: every address of the network is this machine's. */
static void add_route(struct messages *messages, uint32_t network, unsigned int bits)
{
	struct nlmsghdr *message = begin_route_message(messages, RTM_NEWROUTE);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));

	route->rtm_family = AF_INET;
	route->rtm_dst_len = (unsigned char)bits;
	route->rtm_table = RT_TABLE_LOCAL;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = RT_SCOPE_HOST;
	route->rtm_type = RTN_LOCAL;
	mnl_attr_put_u32(message, RTA_DST, htonl(network));
	mnl_attr_put_u32(message, RTA_OIF, LOOPBACK);
	mnl_attr_put_u32(message, RTA_PREFSRC, htonl(REDIRECT_OWN_ADDRESS));
	end_message(messages, message);
}

static struct nlmsghdr *begin_rule_message(struct messages *messages, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(messages->data + messages->len, type, NFPROTO_IPV4,
				     (uint16_t)(ANSWERED | flags), messages->number++);
}

static void add_table(struct messages *messages)
{
	struct nlmsghdr *message = begin_rule_message(messages, NFT_MSG_NEWTABLE, 0);
	struct nftnl_table *table = must(nftnl_table_alloc());

	nftnl_table_set_str(table, NFTNL_TABLE_NAME, TABLE);
	nftnl_table_nlmsg_build_payload(message, table);
	nftnl_table_free(table);
	end_message(messages, message);
}

static void add_chain(struct messages *messages, const char *name, uint32_t hook, int priority)
{
	struct nlmsghdr *message = begin_rule_message(messages, NFT_MSG_NEWCHAIN, 0);
	struct nftnl_chain *chain = must(nftnl_chain_alloc());

	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_nlmsg_build_payload(message, chain);
	nftnl_chain_free(chain);
	end_message(messages, message);
}

static struct nftnl_rule *begin_rule(const char *chain)
{
	struct nftnl_rule *rule = must(nftnl_rule_alloc());

	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, TABLE);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_IPV4);
	return rule;
}

static void end_rule(struct messages *messages, struct nftnl_rule *rule)
{
	struct nlmsghdr *message = begin_rule_message(messages, NFT_MSG_NEWRULE, NLM_F_APPEND);

	nftnl_rule_nlmsg_build_payload(message, rule);
	nftnl_rule_free(rule);
	end_message(messages, message);
}

static struct nftnl_expr *add_expression(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expression = must(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(rule, expression);
	return expression;
}

static void compare(struct nftnl_rule *rule, const void *data, uint32_t len)
{
	struct nftnl_expr *expression = add_expression(rule, "cmp");

	nftnl_expr_set_u32(expression, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(expression, NFTNL_EXPR_CMP_DATA, data, len);
}

static void match_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, const void *data,
			  uint32_t len)
{
	struct nftnl_expr *expression = add_expression(rule, "payload");

	nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_LEN, len);
	compare(rule, data, len);
}

/* "ip daddr ADDRESS/BITS"; bits: whole bytes. */
static void match_destination(struct nftnl_rule *rule, uint32_t address, uint32_t bits)
{
	const uint32_t data = htonl(address);

	match_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct iphdr, daddr), &data,
		      bits / 8);
}

static void match_tcp(struct nftnl_rule *rule)
{
	static const uint8_t protocol = IPPROTO_TCP;
	struct nftnl_expr *expression = add_expression(rule, "meta");

	nftnl_expr_set_u32(expression, NFTNL_EXPR_META_KEY, NFT_META_L4PROTO);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_META_DREG, NFT_REG_1);
	compare(rule, &protocol, sizeof(protocol));
}

static void load(struct nftnl_rule *rule, uint32_t reg, const void *data, uint32_t len)
{
	struct nftnl_expr *expression = add_expression(rule, "immediate");

	nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_DREG, reg);
	nftnl_expr_set(expression, NFTNL_EXPR_IMM_DATA, data, len);
}

static void accept_it(struct nftnl_rule *rule)
{
	struct nftnl_expr *expression = add_expression(rule, "immediate");

	nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
}

/* "ip daddr NETWORK tcp dport PORT": connections that claudefs-gate takes. */
static void match_name(struct nftnl_rule *rule, uint16_t port)
{
	const uint16_t data = htons(port);

	match_destination(rule, REDIRECT_NAMES_NETWORK, 16);
	match_tcp(rule);
	match_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(struct tcphdr, th_dport), &data,
		      sizeof(data));
}

static void add_prerouting(struct messages *messages, uint16_t port)
{
	const uint32_t address = htonl(INADDR_LOOPBACK);
	const uint16_t gate = htons(NETWORK_REDIRECT_PORT);
	struct nftnl_rule *rule = begin_rule("prerouting");
	struct nftnl_expr *expression;

	match_name(rule, port);
	load(rule, NFT_REG_1, &address, sizeof(address));
	load(rule, NFT_REG_2, &gate, sizeof(gate));
	expression = add_expression(rule, "tproxy");
	nftnl_expr_set_u32(expression, NFTNL_EXPR_TPROXY_FAMILY, NFPROTO_IPV4);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_TPROXY_REG_ADDR, NFT_REG_1);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_TPROXY_REG_PORT, NFT_REG_2);
	accept_it(rule);
	end_rule(messages, rule);
}

static void add_reject(struct nftnl_rule *rule, uint32_t type, uint8_t code)
{
	struct nftnl_expr *expression = add_expression(rule, "reject");

	nftnl_expr_set_u32(expression, NFTNL_EXPR_REJECT_TYPE, type);
	nftnl_expr_set_u8(expression, NFTNL_EXPR_REJECT_CODE, code);
}

static void add_refusals(struct messages *messages)
{
	struct nftnl_rule *rule = begin_rule("input");
	struct nftnl_expr *expression;

	match_tcp(rule);
	expression = add_expression(rule, "log");
	nftnl_expr_set_u16(expression, NFTNL_EXPR_LOG_GROUP, LOG_GROUP);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_LOG_SNAPLEN, REDIRECT_SNAP);
	add_reject(rule, NFT_REJECT_TCP_RST, 0);
	end_rule(messages, rule);
	rule = begin_rule("input");
	add_reject(rule, NFT_REJECT_ICMP_UNREACH, ICMP_PORT_UNREACH);
	end_rule(messages, rule);
}

static void add_input(struct messages *messages)
{
	struct nftnl_rule *rule = begin_rule("input");

	match_destination(rule, INADDR_LOOPBACK, 8);
	accept_it(rule);
	end_rule(messages, rule);
	rule = begin_rule("input");
	match_destination(rule, REDIRECT_OWN_ADDRESS, 32);
	accept_it(rule);
	end_rule(messages, rule);
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		rule = begin_rule("input");
		match_name(rule, ports[i]);
		accept_it(rule);
		end_rule(messages, rule);
	}
	add_refusals(messages);
}

static void make_rules(struct messages *messages)
{
	end_message(messages,
		    nftnl_batch_begin(messages->data + messages->len, messages->number++));
	add_table(messages);
	add_chain(messages, "prerouting", NF_INET_PRE_ROUTING, PRIO_MANGLE);
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		add_prerouting(messages, ports[i]);
	add_chain(messages, "input", NF_INET_LOCAL_IN, PRIO_FILTER);
	add_input(messages);
	end_message(messages, nftnl_batch_end(messages->data + messages->len, messages->number++));
}

static struct nlmsghdr *begin_log_message(struct messages *messages)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(messages->data + messages->len);
	struct nfgenmsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));

	message->nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = messages->number++;
	head->nfgen_family = AF_UNSPEC;
	head->version = NFNETLINK_V0;
	head->res_id = htons(LOG_GROUP);
	return message;
}

/* One message for each packet, at once. */
static void make_log(struct messages *messages)
{
	const struct nfulnl_msg_config_cmd bind = { NFULNL_CFG_CMD_BIND };
	const struct nfulnl_msg_config_mode mode = { htonl(REDIRECT_SNAP), NFULNL_COPY_PACKET, 0 };
	struct nlmsghdr *message = begin_log_message(messages);

	mnl_attr_put(message, NFULA_CFG_CMD, sizeof(bind), &bind);
	end_message(messages, message);
	message = begin_log_message(messages);
	mnl_attr_put(message, NFULA_CFG_MODE, sizeof(mode), &mode);
	mnl_attr_put_u32(message, NFULA_CFG_QTHRESH, htonl(1));
	end_message(messages, message);
}

/* All but 224.0.0.0/3. */
static void make_routes(struct messages *messages)
{
	add_address(messages);
	add_route(messages, 0x00000000, 1);
	add_route(messages, 0x80000000, 2);
	add_route(messages, 0xc0000000, 3);
}

static void print(FILE *file, const char *name, const struct messages *messages)
{
	(void)fprintf(file, "\n_Alignas(8) static const unsigned char %s_data[] = {", name);
	for (size_t i = 0; i < messages->len; i++)
		(void)fprintf(file, "%s0x%02x,", i % 16 ? " " : "\n\t",
			      (unsigned char)messages->data[i]);
	(void)fprintf(file,
		      "\n};\nconst struct redirect_messages %s = {\n"
		      "\t%s_data, sizeof(%s_data), %u\n};\n",
		      name, name, name, messages->answers);
}

int main(int argc, char **argv)
{
	static struct messages log, routes, rules;
	cleanup_file FILE *file = argc == 2 ? fopen(argv[1], "we") : NULL;

	if (!file) {
		perror("compile_redirect");
		return 1;
	}
	make_log(&log);
	make_rules(&rules);
	make_routes(&routes);
	(void)fputs("/* Made by fs/network/compile_redirect.c. */\n"
		    "#include \"fs/network/redirect.h\"\n",
		    file);
	print(file, "redirect_log", &log);
	print(file, "redirect_rules", &rules);
	print(file, "redirect_routes", &routes);
	return fflush(file) == 0 && !ferror(file) ? 0 : 1;
}
