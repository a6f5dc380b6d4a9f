using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Islet.ControlPlane.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class LongLists : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Milestones",
                columns: table => new
                {
                    Owner = table.Column<Guid>(type: "uuid", nullable: false),
                    List = table.Column<int>(type: "integer", nullable: false),
                    First = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, collation: "C"),
                    Items = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Milestones", x => new { x.Owner, x.List, x.First });
                });

            migrationBuilder.CreateTable(
                name: "NameEnds",
                columns: table => new
                {
                    OrganizationId = table.Column<Guid>(type: "uuid", nullable: false),
                    End = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, collation: "C"),
                    Name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_NameEnds", x => new { x.OrganizationId, x.End, x.Name });
                });

            migrationBuilder.Sql(PostgresLists.Triggers);
            migrationBuilder.Sql(PostgresLists.Fill);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(PostgresLists.NoTriggers);

            migrationBuilder.DropTable(
                name: "Milestones");

            migrationBuilder.DropTable(
                name: "NameEnds");
        }
    }
}
